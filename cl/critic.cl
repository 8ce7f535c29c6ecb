/* critic -- see include/ballast/critic.h. One work-item: a batch is a few hundred outputs, added up in their order. */
enum { P, SUM, COUNT, SIGN, REAL, FAKE };

float side_of(float y, float boundary) { return y > boundary ? 1 : y < boundary ? -1 : 0; }

/* {mean of y, share beyond the boundary on the side of `sign`, mean side} */
float3 look(__global const float *y, int n, float boundary, float sign)
{
    float3 sum = 0;
    for (int i = 0; i < n; i++) {
        float side = side_of(y[i], boundary);
        sum += (float3)(y[i], side == sign ? 1 : 0, side);
    }
    return sum / (float)n;
}

void adapt(__global float *state, float sign, float target, float pace, int every)
{
    state[SUM] += sign;
    state[COUNT] += 1;
    if (state[COUNT] < (float)every) return;
    state[SIGN] = state[SUM] / state[COUNT];
    state[P] = clamp(state[P] + pace * side_of(state[SIGN], target), 0.0f, 1.0f);
    state[SUM] = 0;
    state[COUNT] = 0;
}

/* dy of both halves. */
void add_lecam(__global float *dy, __global const float *y, int n, float lecam, float real, float fake)
{
    float scale = 2 * lecam / (float)n;
    for (int i = 0; i < n; i++) dy[i] += scale * fmax(0.0f, y[i] - fake);
    for (int i = n; i < 2 * n; i++) dy[i] -= scale * fmax(0.0f, real - y[i]);
}

/* n: images of each half. decay 0 takes the means as they are; pace 0 leaves p. */
__kernel void critic(int n, __global const float *y, __global float *dy, __global float *state, float boundary,
                     float lecam, float decay, float target, float pace, int every, __global float *figures, int at)
{
    if (get_global_id(0) > 0) return;
    float3 real = look(y, n, boundary, 1), fake = look(y + n, n, boundary, -1);
    state[REAL] = decay * state[REAL] + (1 - decay) * real.x;
    state[FAKE] = decay * state[FAKE] + (1 - decay) * fake.x;
    if (lecam > 0) add_lecam(dy, y, n, lecam, state[REAL], state[FAKE]);
    if (pace > 0) adapt(state, real.z, target, pace, every);
    figures[at] = real.y;
    figures[at + 1] = fake.y;
    figures[at + 2] = state[P];
    figures[at + 3] = state[SIGN];
}
