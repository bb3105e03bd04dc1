#!/usr/bin/env python3
"""Trains cohorts of small perceptrons by PyTorch in some ways, beside which `perf -- device` on the same GPU stands.

loop  one model after the other, as most sweeps are written; a sample of the models is timed and scaled to all
vmap  torch.func: all models at once, padded to the largest hidden size
wide  one product for all models of the cohort, hidden units side by side, gradients written by hand
graph wide, with the launches of a step recorded once as a CUDA graph; for small batches, where launches take the time

The cohorts are those of `perf -- device`: MNIST 4v9, full batch or batches of N; 11 models of the study, then hidden
sizes 2 to 64 in turn with 16 learning rates. Before anything is timed, the ways must agree on the losses after two epochs.

usage: torch_peer.py [--device cuda] [--data data/mnist] [--models 1000,10000] [--tf32] [--batch N] [--ways loop,vmap,wide,graph]
Needs PyTorch 2; prints Markdown. Times are medians of epochs that are waited for, after two to warm up.
"""
import argparse
import gzip
import pathlib
import statistics
import subprocess
import sys
import time

import torch

STUDY = [2, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64]
LEAST, MOST, RATES = 2, 64, 16
CLASSES = (4, 9)
IMAGES_AT_ONCE = 2048  # of the wide product: activations of 10,000 models on all images would be 12 GB a tensor
BYTES_AT_ONCE = 16 << 30  # of vmap's activations; models beyond that go in a further call
LOOP_SAMPLE = 33
REPEATS = 5


def idx(path):
    raw = gzip.open(path).read()
    dims = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(dims)]
    return torch.frombuffer(bytearray(raw[4 + 4 * dims:]), dtype=torch.uint8).reshape(shape)


def load(folder, device):
    """Four fifths of the balanced classes: as many images as GpuMlp trains on, if not the same ones."""
    images = idx(folder / "train-images-idx3-ubyte.gz").reshape(-1, 784)
    labels = idx(folder / "train-labels-idx1-ubyte.gz")
    each = [torch.nonzero(labels == c).flatten() for c in CLASSES]
    count = int(0.8 * min(len(e) for e in each))
    x = torch.cat([images[e[:count]] for e in each]).to(device).float() / 255
    y = torch.cat([torch.full((count,), float(k)) for k in range(2)]).to(device)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0)).to(device)
    return x[order].contiguous(), y[order].contiguous()


def cohort(count):
    if count == 0:
        return STUDY, [0.03] * len(STUDY)
    return [LEAST + m % (MOST - LEAST + 1) for m in range(count)], [0.002 * (1 + m % RATES) for m in range(count)]


def initial(hidden, device):
    """(W1 [D, H], b1 [H], w2 [H], b2 []) of each model; the same for all three ways."""
    generator = torch.Generator(device=device).manual_seed(1)
    normal = lambda *shape: 0.1 * torch.randn(*shape, generator=generator, device=device)
    return [(normal(784, h), torch.zeros(h, device=device), normal(h), torch.zeros((), device=device)) for h in hidden]


def loss_of(parameters, x, y):
    w1, b1, w2, b2 = parameters
    logit = torch.relu(x @ w1 + b1) @ w2 + b2
    return torch.nn.functional.binary_cross_entropy_with_logits(logit, y)


class Loop:
    def __init__(self, models, rates, x, y):
        step = max(1, len(models) // LOOP_SAMPLE) if len(models) > LOOP_SAMPLE else 1
        self.chosen = list(range(0, len(models), step))
        self.scale = len(models) / len(self.chosen)
        self.models = [[p.clone().requires_grad_() for p in models[m]] for m in self.chosen]
        self.optimisers = [torch.optim.SGD(p, lr=rates[m]) for m, p in zip(self.chosen, self.models)]
        self.x, self.y = x, y

    def epoch(self):
        losses = []
        for parameters, optimiser in zip(self.models, self.optimisers):
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of(parameters, self.x, self.y)
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        return torch.stack(losses)


class Vmap:
    scale = 1.0

    def __init__(self, models, rates, x, y):
        widest = max(p[2].numel() for p in models)
        pad = lambda t: torch.nn.functional.pad(t, (0, widest - t.shape[-1])) if t.dim() else t
        self.parameters = [torch.stack([pad(p[k]) for p in models]) for k in range(4)]
        self.rates = torch.tensor(rates, device=x.device)
        self.x, self.y = x, y
        self.chosen = range(len(models))
        at_once = max(1, BYTES_AT_ONCE // (x.shape[0] * widest * 4 * 4))
        self.step = torch.func.vmap(torch.func.grad_and_value(loss_of), in_dims=(0, None, None), chunk_size=at_once if at_once < len(models) else None)

    def epoch(self):
        gradients, losses = self.step(self.parameters, self.x, self.y)
        for parameter, gradient in zip(self.parameters, gradients):
            parameter -= self.rates.reshape(-1, *[1] * (gradient.dim() - 1)) * gradient
        return losses


class Wide:
    scale = 1.0

    def __init__(self, models, rates, x, y):
        device = x.device
        self.w1 = torch.cat([p[0] for p in models], 1).contiguous()
        self.b1 = torch.cat([p[1] for p in models])
        self.w2 = torch.cat([p[2] for p in models])
        self.b2 = torch.stack([p[3] for p in models])
        self.owner = torch.repeat_interleave(torch.arange(len(models), device=device), torch.tensor([p[2].numel() for p in models], device=device))
        self.rates = torch.tensor(rates, device=device)
        self.column_rates = self.rates[self.owner]
        self.x, self.y = x, y
        self.chosen = range(len(models))

    def epoch(self):
        n, models = len(self.y), len(self.b2)
        grads = [torch.zeros_like(t) for t in (self.w1, self.b1, self.w2, self.b2)]
        losses = torch.zeros(models, device=self.x.device)
        for first in range(0, n, IMAGES_AT_ONCE):
            x, y = self.x[first:first + IMAGES_AT_ONCE], self.y[first:first + IMAGES_AT_ONCE]
            a = torch.addmm(self.b1, x, self.w1).relu_()
            logit = torch.zeros(len(y), models, device=x.device).index_add_(1, self.owner, a * self.w2) + self.b2
            losses += torch.nn.functional.binary_cross_entropy_with_logits(logit, y[:, None].expand_as(logit), reduction="none").sum(0) / n
            d2 = (torch.sigmoid(logit) - y[:, None]) / n
            wide = d2[:, self.owner]
            grads[2] += (a * wide).sum(0)
            d1 = wide * self.w2 * (a > 0)
            grads[0].addmm_(x.t(), d1)
            grads[1] += d1.sum(0)
            grads[3] += d2.sum(0)
        self.w1 -= self.column_rates * grads[0]
        self.b1 -= self.column_rates * grads[1]
        self.w2 -= self.column_rates * grads[2]
        self.b2 -= self.rates * grads[3]
        return losses


class Batches:
    """An epoch of small batches. A step sees copies of a batch's images, always in the same memory: a graph holds addresses."""

    def __init__(self, way, size, recorded):
        self.images, self.labels, self.size = way.x, way.y, size
        self.scale = way.scale
        way.x, way.y = self.x, self.y = way.x[:size].clone(), way.y[:size].clone()
        self.step = self.record(way) if recorded else way.epoch

    @staticmethod
    def record(way):
        # Whatever is allocated once must be there before: some steps on a stream of their own.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                way.epoch()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            way.epoch()
        return graph.replay

    def epoch(self):
        # 9,344 images are 292 batches of 32; a last one that is short would be left out.
        for first in range(0, len(self.labels) - self.size + 1, self.size):
            self.x.copy_(self.images[first:first + self.size])
            self.y.copy_(self.labels[first:first + self.size])
            self.step()


WAYS = {"loop": Loop, "vmap": Vmap, "wide": Wide, "graph": Wide}


def wait(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def measure(way, device):
    times = []
    for repeat in range(REPEATS + 2):
        wait(device)
        start = time.perf_counter()
        way.epoch()
        wait(device)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[2:]) * way.scale


def peak(device):
    """Float32 FLOP/s of the maker's table: lanes x 2 x highest clock; None where it is not known."""
    if device.type != "cuda":
        return None
    properties = torch.cuda.get_device_properties(device)
    narrow = properties.major == 7 or (properties.minor == 0 and properties.major in (6, 8))
    query = ["nvidia-smi", "-i", str(device.index or 0), "--query-gpu=clocks.max.sm", "--format=csv,noheader,nounits"]
    try:
        mhz = float(subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()[0])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None
    return 2.0 * (64 if narrow else 128) * properties.multi_processor_count * mhz * 1e6


def agree(x, y, device, ways):
    """Losses of the study's cohort after two epochs, by all ways; float32 sums in other orders differ by some 1e-6."""
    hidden, rates = cohort(0)
    losses = {}
    for name in ways:
        way = WAYS[name](initial(hidden, device), rates, x, y)
        way.epoch(), way.epoch()
        losses[name] = way.epoch().cpu()
    first = losses[ways[0]]
    for name, other in losses.items():
        worst = (first - other).abs().max().item()
        if not worst < 1e-4:
            sys.exit(f"torch_peer.py: losses of {ways[0]} and {name} differ by {worst:.2g}; nothing is timed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "data" / "mnist")
    parser.add_argument("--models", default="1000,10000", help="numbers of models, comma-separated; the study's cohort comes first")
    parser.add_argument("--ways", default="loop,vmap,wide")
    parser.add_argument("--batch", type=int, help="images of a batch (default: all)")
    parser.add_argument("--tf32", action="store_true", help="let products round their operands to 10 bits")
    options = parser.parse_args()
    ways = options.ways.split(",")
    if not set(ways) <= set(WAYS):
        parser.error(f"--ways: of {', '.join(WAYS)}")
    if "graph" in ways and (options.batch is None or not options.device.startswith("cuda")):
        parser.error("--ways graph: wants --batch and a CUDA device")
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        sys.exit("torch_peer.py: PyTorch sees no CUDA device")
    device = torch.device(options.device)
    torch.backends.cuda.matmul.allow_tf32 = options.tf32
    with torch.no_grad():
        x, y = load(options.data, device)
    agree(x, y, device, ways)
    most = peak(device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(f"PyTorch {torch.__version__} on {name}, {len(y)} images, products in {'TF32' if options.tf32 else 'float32'}"
          + (f", float32 peak {most / 1e12:.1f} TFLOP/s" if most else ""))
    print()
    print("| way | models | C | batch | ms an epoch | TFLOP/s dense-equivalent | share of float32 peak |")
    print("|---|---|---|---|---|---|---|")
    for count in [0] + [int(text) for text in options.models.split(",") if text]:
        hidden, rates = cohort(count)
        flop = 4.0 * len(y) * 784 * sum(hidden)
        batch = options.batch or "full"
        for name in ways:
            try:
                way = WAYS[name](initial(hidden, device), rates, x, y)
                if options.batch is not None:
                    way = Batches(way, options.batch, name == "graph")
                ms = measure(way, device)
            except torch.cuda.OutOfMemoryError:
                print(f"| {name} | {len(hidden)} | {sum(hidden)} | {batch} | out of memory | | |", flush=True)
            else:
                rate = flop / (ms / 1000)
                share = f"{100 * rate / most:.1f} %" if most else ""
                print(f"| {name} | {len(hidden)} | {sum(hidden)} | {batch} | {ms:.2f} | {rate / 1e12:.3f} | {share} |", flush=True)
            way = None
            if device.type == "cuda":
                torch.cuda.empty_cache()
    if "loop" in ways:
        print()
        print(f"loop: of more than {LOOP_SAMPLE} models a sample is timed and scaled to all.")


if __name__ == "__main__":
    main()
