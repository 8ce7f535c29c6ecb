/* watched -- a watch for tests of trainers: progress stays within its total, figures have names, and training is
 * stopped when asked for. */
#ifndef BALLAST_WATCHED_H
#define BALLAST_WATCHED_H

#include "ballast/watch.h"

extern const bal_watch watch;
extern int             stop_after; /* calls of stop until it says yes; 0: never */

#endif
