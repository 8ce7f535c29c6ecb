/* version -- which ballast this is. */
#ifndef BALLAST_VERSION_H
#define BALLAST_VERSION_H

/* "0.1.0". */
const char *bal_version(void);

/* The commit it was built from, "+dirty" behind it when the tree had changes; "unknown" outside git. */
const char *bal_commit(void);

/* The libraries it was built with, "OpenCL headers 3.0, CLBlast 1.6.1, ...". */
const char *bal_libraries(void);

#endif
