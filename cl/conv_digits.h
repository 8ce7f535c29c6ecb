/* conv_digits -- counting through terms and pixels without a division. */
#ifndef CONV_DIGITS_H
#define CONV_DIGITS_H

/* A number with three digits, to count without dividing: (c, x, y) of a term, (x, y, image) of a pixel. */
typedef struct {
    int low, middle, high;
} digits;

static inline digits digits_of(int i, int base_low, int base_middle)
{
    digits d;
    d.low = i % base_low;
    d.middle = i / base_low % base_middle;
    d.high = i / base_low / base_middle;
    return d;
}

static inline digits digits_add(digits to, digits step, int base_low, int base_middle)
{
    digits d = to;
    d.low += step.low;
    int carry = d.low >= base_low;
    d.low -= carry ? base_low : 0;
    d.middle += step.middle + carry;
    carry = d.middle >= base_middle;
    d.middle -= carry ? base_middle : 0;
    d.high += step.high + carry;
    return d;
}

#endif
