#!/usr/bin/env python3
"""Trains a small network D-H-K with softmax cross-entropy in float64 and prints what tests compare with.

python3 tools/golden-classes.py > tests/Kernels.Tests/Golden/classes.json

Plain Python, written from the formulas alone: nothing of GpuMlp is used. Pixels are bytes, x = pixel / 255; gradient descent on the
mean loss of batches in a fixed order. Initial weights are multiples of 2^-12, so that float32 holds them exactly.
"""
import json
import math

INPUTS, HIDDEN, CLASSES, IMAGES, BATCH, EPOCHS, RATE = 13, 6, 5, 36, 12, 40, 0.5


def numbers(seed):
    """A linear congruential generator (Knuth's MMIX): 32 high bits of its state."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 32


draw = numbers(2026)


def weights(count, spread):
    return [((next(draw) % 4097) - 2048) * spread / 4096 for _ in range(count)]


# A class has pixels of its own that are bright, the others are dark or 0.
labels = [next(draw) % CLASSES for _ in range(IMAGES)]
pixels = [[(next(draw) % 156 + 100 if d % CLASSES == label else next(draw) % 120 if next(draw) % 3 == 0 else 0)
           for d in range(INPUTS)] for label in labels]
x = [[pixel / 255 for pixel in image] for image in pixels]
w1 = [weights(HIDDEN, 1) for _ in range(INPUTS)]
b1 = weights(HIDDEN, 0.25)
w2 = [weights(HIDDEN, 1) for _ in range(CLASSES)]
b2 = weights(CLASSES, 0.25)
initial = {"w1": sum(w1, []), "b1": list(b1), "w2": sum(w2, []), "b2": list(b2)}


def forward(image):
    z = [b1[h] + sum(image[d] * w1[d][h] for d in range(INPUTS)) for h in range(HIDDEN)]
    a = [max(value, 0.0) for value in z]
    return z, a, [b2[k] + sum(a[h] * w2[k][h] for h in range(HIDDEN)) for k in range(CLASSES)]


def softmax(logits):
    shares = [math.exp(logit - max(logits)) for logit in logits]
    return [share / sum(shares) for share in shares]


def gradient(batch):
    """Gradients of the mean loss of a batch, and the sum of its losses."""
    dw1 = [[0.0] * HIDDEN for _ in range(INPUTS)]
    db1, dw2, db2, loss = [0.0] * HIDDEN, [[0.0] * HIDDEN for _ in range(CLASSES)], [0.0] * CLASSES, 0.0
    for n in batch:
        z, a, logits = forward(x[n])
        p = softmax(logits)
        loss -= math.log(p[labels[n]])
        d2 = [(p[k] - (k == labels[n])) / len(batch) for k in range(CLASSES)]
        for k in range(CLASSES):
            db2[k] += d2[k]
            for h in range(HIDDEN):
                dw2[k][h] += d2[k] * a[h]
        for h in range(HIDDEN):
            d1 = sum(d2[k] * w2[k][h] for k in range(CLASSES)) if z[h] > 0 else 0.0
            db1[h] += d1
            for d in range(INPUTS):
                dw1[d][h] += x[n][d] * d1
    return dw1, db1, dw2, db2, loss


first_gradient, losses = None, []
for epoch in range(EPOCHS):
    total = 0.0
    for first in range(0, IMAGES, BATCH):
        dw1, db1, dw2, db2, loss = gradient(range(first, min(first + BATCH, IMAGES)))
        total += loss
        if first_gradient is None:
            first_gradient = {"w1": sum(dw1, []), "b1": db1, "w2": sum(dw2, []), "b2": db2}
        for d in range(INPUTS):
            w1[d] = [w - RATE * g for w, g in zip(w1[d], dw1[d])]
        b1 = [w - RATE * g for w, g in zip(b1, db1)]
        for k in range(CLASSES):
            w2[k] = [w - RATE * g for w, g in zip(w2[k], dw2[k])]
        b2 = [w - RATE * g for w, g in zip(b2, db2)]
    losses.append(total)
logits = [forward(image)[2] for image in x]


def rounded(values):
    return [float(f"{value:.15g}") for value in values]


print(json.dumps({
    "inputs": INPUTS, "hidden": HIDDEN, "classes": CLASSES, "images": IMAGES, "batch": BATCH, "epochs": EPOCHS, "lr": RATE,
    "pixels": sum(pixels, []), "labels": labels, "initial": initial,
    "first_gradient": {name: rounded(values) for name, values in first_gradient.items()},
    "loss_of_epoch": rounded(losses),
    "trained": {name: rounded(values) for name, values in
                {"w1": sum(w1, []), "b1": b1, "w2": sum(w2, []), "b2": b2}.items()},
    "logits": rounded(sum(logits, [])),
    "correct": sum(max(range(CLASSES), key=own.__getitem__) == label for own, label in zip(logits, labels)),
}))
