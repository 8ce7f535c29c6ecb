/* target -- bal_target of ballast/loss.h. */
#define REAL 1
#define FAKE 2
#define GENERATE 3
#define BOTH 4
