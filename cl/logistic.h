/* logistic -- functions of a logit that neither overflow nor cancel. */

/* log(1 + exp(y)) */
float softplus(float y) { return fmax(y, 0.0f) + log1p(exp(-fabs(y))); }

/* 1 / (1 + exp(-y)) */
float sigmoid(float y)
{
    float e = exp(-fabs(y));
    return (y < 0 ? e : 1) / (1 + e);
}
