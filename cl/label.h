/* label -- what classification losses share. A row of `label` is a class; or, for a mixture of two images, the class of
 * one, that of the other, the share of the first. Label j of a sample, j 0 or 1: its class, its share (0 for the second
 * of a row of one number), and its part: the share times the weight of its class; NaN where there is no such class. */
int class_of(__global const float *row, int columns, int j) { return (int)row[columns > 1 ? j : 0]; }

float share_of(__global const float *row, int columns, int j)
{
    float first = columns > 1 ? row[2] : 1;
    return j ? 1 - first : first;
}

float part_of(__global const float *row, int columns, __global const float *weight, int classes, int j)
{
    int own = class_of(row, columns, j);
    return own >= 0 && own < classes ? share_of(row, columns, j) * weight[own] : NAN;
}

/* The class that y says, of c logits, or of one: the second where it is positive. */
int answer_of(__global const float *y, int c)
{
    int best = c == 1 && y[0] > 0;
    for (int k = 1; k < c; k++) best = y[k] > y[best] ? k : best;
    return best;
}

float score_of(__global const float *row, int columns, int answer)
{
    float score = 0;
    for (int j = 0; j < 2; j++) score += class_of(row, columns, j) == answer ? share_of(row, columns, j) : 0;
    return score;
}
