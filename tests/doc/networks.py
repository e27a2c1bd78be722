"""Networks, written from doc/arithmetic.md alone: the section "Networks". Names are the page's."""
import math
from math import sqrt

from arithmetic import Words, coarse, exp, log, philox, round32


def ordered_sum(terms):
    s = 0.0
    for t in terms:
        s = s + t
    return s


class Edges:
    """The hyperedge of the step that the network is at, whatever its sample."""

    def __init__(self, m):
        self.m = m

    def __getitem__(self, sample):
        m = self.m
        return [m.first[l] + u for l in range(m.L) for u in m.active(l)]


class Network:
    model, kind, bias, mean, rank = "mlp", 6, False, 0.0, 0
    where = 0, 0  # epoch and position of the step
    decay = 0.95

    def __init__(self, data, hidden, keep, seed):
        self.data, self.n, self.hidden, self.keep, self.seed = data, data.n, hidden, keep, seed
        self.L, self.edges = len(hidden), Edges(self)
        self.label = []
        for v in data.label:
            if v not in self.label:
                self.label.append(v)
        self.label.sort()
        self.K, self.y = len(self.label), [self.label.index(v) for v in data.label]
        self.names = [sorted({a for row in data.samples for a, _ in row}), []]
        self.at = {a: b for b, a in enumerate(self.names[0])}
        self.inputs = [len(self.at), *hidden[:-1]]
        self.k = [max(1, math.floor(keep * h + 0.5)) for h in hidden]
        self.first = [sum(hidden[:l]) for l in range(self.L)]
        self.blocks = sum(hidden)
        self.width = max(self.inputs[l] + 1 + (self.K if l == self.L - 1 else 0) for l in range(self.L))
        self.set_initial_values()
        q = ordered_sum(v * v for row in data.samples for _, v in row) / self.n
        r = 1 + q
        for k in self.k:
            r = r + (1 + (q * k) / max(1, len(self.at)))
        self.default = 4 / coarse(r)

    def set_initial_values(self):
        self.x, out = [], sqrt(6 / self.k[-1])
        for l in range(self.L):
            limit = sqrt(6 / (self.k[l - 1] if l else max(1, len(self.at))))
            places = self.names[0] if l == 0 else range(self.inputs[l])
            for b in range(self.first[l], self.first[l] + self.hidden[l]):
                row = [self.random(b, q, limit) for q in places] + [0.0]
                if l == self.L - 1:
                    row += [self.random(b, 2**32 + c, out) for c in range(self.K)]
                self.x.append(row + [0.0] * (self.width - len(row)))

    def random(self, b, q, limit):
        return round32(limit * (philox(self.seed, 1, b, q // 4)[q % 4] * 2.0**-31 - 1))

    def active(self, l):
        e, p = self.where
        words = Words(self.seed, 32, e)
        words.index = p * 2**32 + l * 2**28
        chosen = set()
        for j in range(self.hidden[l] - self.k[l], self.hidden[l]):
            t = words.below(j + 1)
            chosen.add(j if t in chosen else t)
        return sorted(chosen)

    def row(self, l, u):
        return self.x[self.first[l] + u]

    def outputs(self, units, h):
        at = self.inputs[-1] + 1
        return [ordered_sum(self.row(self.L - 1, u)[at + c] * h[u] for u in units) for c in range(self.K)]

    def step(self, sample, gamma):
        A = [self.active(l) for l in range(self.L)]
        below, h, received = [(self.at[a], v) for a, v in self.data.samples[sample]], [], []
        for l in range(self.L):
            values = {}
            for u in A[l]:
                W = self.row(l, u)
                z = ordered_sum(W[v] * a for v, a in below) + W[self.inputs[l]]
                values[u] = round32(z) if z > 0 else 0.0
            received.append(below)
            h.append(values)
            below = [(u, values[u]) for u in A[l]]
        o = self.outputs(A[-1], h[-1])
        E = [exp(v - max(o)) for v in o]
        total = ordered_sum(E)
        d = [v / total for v in E]
        d[self.y[sample]] = d[self.y[sample]] - 1
        at = self.inputs[-1] + 1
        delta = [{} for _ in A]
        for u in A[-1]:
            V = self.row(self.L - 1, u)
            delta[-1][u] = ordered_sum(V[at + c] * d[c] for c in range(self.K))
        for l in range(self.L - 1, 0, -1):
            for v in A[l - 1]:
                delta[l - 1][v] = ordered_sum(
                    delta[l][u] * self.row(l, u)[v] for u in A[l] if h[l][u] > 0)
        for l in range(self.L):
            for u in A[l]:
                if not h[l][u] > 0:
                    continue
                row, b = self.row(l, u), self.inputs[l]
                for v, a in received[l]:
                    row[v] = round32(row[v] - (gamma * delta[l][u]) * a)
                row[b] = round32(row[b] - gamma * delta[l][u])
                for c in range(self.K if l == self.L - 1 else 0):
                    row[b + 1 + c] = round32(row[b + 1 + c] - (gamma * d[c]) * h[l][u])

    def whole(self, row):
        below = [(self.at[a], v) for a, v in row if a in self.at]
        for l in range(self.L):
            share, a = self.k[l] / self.hidden[l], []
            for u in range(self.hidden[l]):
                W = self.row(l, u)
                z = ordered_sum(W[v] * x for v, x in below) + W[self.inputs[l]]
                a.append(round32(share * z) if z > 0 else 0.0)
            below = list(enumerate(a))
        return self.outputs(range(self.hidden[-1]), a)

    def loss(self, o, y):
        m = max(o)
        return log(ordered_sum(exp(v - m) for v in o)) + (m - o[y])

    def term(self, k):
        return self.loss(self.whole(self.data.samples[k]), self.y[k])

    def block(self, b):
        return self.x[b]

    def evaluate_one(self, data, k):
        o, label = self.whole(data.samples[k]), data.label[k]
        known = label in self.label
        y = self.label.index(label) if known else o.index(min(o))
        hit = float(known and o.index(max(o)) == y)
        return self.loss(o, y), hit, not known or any(a not in self.at for a, _ in data.samples[k])
