/* table -- rows of key and choice in bytewise order of the keys. */
#ifndef BALLAST_DEVICE_TABLE_H
#define BALLAST_DEVICE_TABLE_H

#include "ballast/tune.h"

typedef struct bal_table_row {
    char    *key, *choice;
    bal_tune level; /* that it was measured at */
} bal_table_row;

typedef struct bal_table {
    bal_table_row *row;
    int            count, capacity;
} bal_table;

const bal_table_row *bal_table_find(const bal_table *t, const char *key);
bal_status           bal_table_set(bal_table *t, const char *key, const char *choice, bal_tune level); /* copies */
void                 bal_table_free(bal_table *t); /* and empties it */

#endif
