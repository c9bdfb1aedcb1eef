/* CPU kernels for what plain PyTorch does slowly in bfloat16: masked softmax, cross-entropy, RMSNorm, SwiGLU, RoPE.
 *
 * bfloat16 travels as uint16_t; sums are fp32. Knows nothing about autograd: kernels.py pairs forward and backward.
 * Built by kernels.py; -ffast-math belongs to compiling only (at link time it would flush denormals process-wide). */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t bf16;
#define MAX_KEYS 8192
#define FOR_ROWS(n) _Pragma("omp parallel for schedule(static, 16)") for (long r = 0; r < (n); r++)

static inline float widen(bf16 x) {
    union { uint32_t u; float f; } c;
    c.u = (uint32_t)x << 16;
    return c.f;
}
static inline bf16 narrow(float f) { /* round to nearest even */
    union { uint32_t u; float f; } c;
    c.f = f;
    return (bf16)((c.u + 0x7fff + ((c.u >> 16) & 1)) >> 16);
}

/* s [batch][rows_per_batch][keys], in place. mask [masks][queries][keys] of 0/1; seen [masks][queries] = last visible key + 1. */
void softmax_forward(bf16 *s, const uint8_t *mask, const int32_t *seen, long rows, long rows_per_batch, long queries,
                     long keys, long masks, float scale) {
    FOR_ROWS(rows) {
        long i = (masks > 1 ? (r / rows_per_batch) * queries : 0) + r % queries, n = seen[i];
        bf16 *x = s + r * keys;
        const uint8_t *m = mask + i * keys;
        float t[MAX_KEYS], top = -1e30f, sum = 0;
        for (long j = 0; j < n; j++) {
            float v = m[j] ? widen(x[j]) * scale : -1e30f;
            t[j] = v;
            top = v > top ? v : top;
        }
        for (long j = 0; j < n; j++) {
            float v = m[j] ? expf(t[j] - top) : 0;
            t[j] = v;
            sum += v;
        }
        float inverse = sum > 0 ? 1 / sum : 0;
        for (long j = 0; j < n; j++) x[j] = narrow(t[j] * inverse);
        memset(x + n, 0, (keys - n) * sizeof(bf16));
    }
}

void softmax_backward(const bf16 *p, bf16 *d, long rows, long keys, float scale) {
    FOR_ROWS(rows) {
        const bf16 *a = p + r * keys;
        bf16 *g = d + r * keys;
        float dot = 0;
        for (long j = 0; j < keys; j++) dot += widen(a[j]) * widen(g[j]);
        for (long j = 0; j < keys; j++) g[j] = narrow(widen(a[j]) * (widen(g[j]) - dot) * scale);
    }
}

/* Per-row loss and log-sum-exp; with want_gradient the logits become the gradient of sum(weight * (loss + z * lse^2)). */
void cross_entropy(bf16 *logits, const int64_t *target, const float *weight, float *loss, float *lse_out, long rows,
                   long vocab, float z, int want_gradient) {
    FOR_ROWS(rows) {
        bf16 *x = logits + r * vocab;
        float top = -1e30f, sum = 0;
        for (long j = 0; j < vocab; j++) {
            float a = widen(x[j]);
            top = a > top ? a : top;
        }
        for (long j = 0; j < vocab; j++) sum += expf(widen(x[j]) - top);
        float lse = top + logf(sum), w = weight[r], k = w * (1 + 2 * z * lse);
        loss[r] = lse - widen(x[target[r]]);
        lse_out[r] = lse;
        if (!want_gradient) continue;
        float at_target = expf(widen(x[target[r]]) - lse) * k - w;
        for (long j = 0; j < vocab; j++) x[j] = narrow(expf(widen(x[j]) - lse) * k);
        x[target[r]] = narrow(at_target);
    }
}

void rms_forward(const float *x, const float *w, bf16 *y, float *inverse, long rows, long width, float eps) {
    FOR_ROWS(rows) {
        const float *a = x + r * width;
        bf16 *o = y + r * width;
        float s = 0;
        for (long j = 0; j < width; j++) s += a[j] * a[j];
        float i = 1 / sqrtf(s / width + eps);
        inverse[r] = i;
        for (long j = 0; j < width; j++) o[j] = narrow(a[j] * i * w[j]);
    }
}

void rms_backward(const float *x, const float *w, const float *inverse, const bf16 *g, float *dx, float *dw, long rows,
                  long width) {
    memset(dw, 0, width * sizeof(float));
    #pragma omp parallel for schedule(static) reduction(+ : dw[:width])
    for (long r = 0; r < rows; r++) {
        const float *a = x + r * width;
        const bf16 *e = g + r * width;
        float *o = dx + r * width, i = inverse[r], dot = 0;
        for (long j = 0; j < width; j++) {
            float h = widen(e[j]);
            dot += h * w[j] * a[j];
            dw[j] += h * a[j] * i;
        }
        float c = dot * i * i / width;
        for (long j = 0; j < width; j++) o[j] = i * (widen(e[j]) * w[j] - a[j] * c);
    }
}

/* ab [rows][2 n]: the gate half, then the up half. */
void swiglu_forward(const bf16 *ab, bf16 *y, long rows, long n) {
    FOR_ROWS(rows) {
        const bf16 *a = ab + r * 2 * n, *b = a + n;
        bf16 *o = y + r * n;
        for (long j = 0; j < n; j++) {
            float g = widen(a[j]);
            o[j] = narrow(g / (1 + expf(-g)) * widen(b[j]));
        }
    }
}

void swiglu_backward(const bf16 *ab, const bf16 *dy, bf16 *dab, long rows, long n) {
    FOR_ROWS(rows) {
        const bf16 *a = ab + r * 2 * n, *b = a + n, *e = dy + r * n;
        bf16 *da = dab + r * 2 * n, *db = da + n;
        for (long j = 0; j < n; j++) {
            float g = widen(a[j]), s = 1 / (1 + expf(-g)), h = widen(e[j]);
            da[j] = narrow(h * widen(b[j]) * s * (1 + g * (1 - s)));
            db[j] = narrow(h * g * s);
        }
    }
}

/* x [rows][heads][width] to y, half-split rotation by table row position[r % period]; sign -1 undoes it. */
void rope(const bf16 *x, bf16 *y, const float *cosine, const float *sine, const int64_t *position, long rows,
          long period, long heads, long width, float sign) {
    long half = width / 2;
    FOR_ROWS(rows) {
        const float *c = cosine + position[r % period] * half, *s = sine + position[r % period] * half;
        for (long h = 0; h < heads; h++) {
            const bf16 *a = x + (r * heads + h) * width;
            bf16 *o = y + (r * heads + h) * width;
            for (long j = 0; j < half; j++) {
                float p = widen(a[j]), q = widen(a[j + half]), t = s[j] * sign;
                o[j] = narrow(p * c[j] - q * t);
                o[j + half] = narrow(q * c[j] + p * t);
            }
        }
    }
}
