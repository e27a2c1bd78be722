"""Serial stochastic gradient descent, written from doc/arithmetic.md alone: sections 2, 5, 6, 7, 7a,
9 and 10. It shares no line with the program. Names are the page's."""
import gzip
import math
from math import sqrt

import cut
import networks
import optimizers
from arithmetic import coarse, decimal32, exp, log1p, log1p_any, order, philox, round32

BIAS = 2**32 - 1


# --- section 2: data ------------------------------------------------------------------------------
class Data:
    """kind 0: label, rows of (name, value); kind 1: triples of user, item, rating."""

    def __init__(self, kind, samples, label=None):
        self.kind, self.samples, self.label, self.n = kind, samples, label, len(samples)


def lines_of(path):
    with open(path, "rb") as file:
        content = file.read()
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode().splitlines()


def read_rows(path):
    label, rows = [], []
    for line in lines_of(path):
        words = line.split("#")[0].split()
        if words:
            pairs = (word.split(":") for word in words[1:] if not word.startswith("qid:"))
            label.append(decimal32(words[0]))
            rows.append(sorted((int(a), decimal32(v)) for a, v in pairs))
    return Data(0, rows, label)


def read_ratings(path):
    triples = []
    for line in lines_of(path):
        words = line.replace(",", " ").replace("::", " ").split()
        if words and words[0][0] not in "#%" and not words[0][0].isalpha():
            triples.append((int(words[0]), int(words[1]), decimal32(words[2])))
    return Data(1, triples)


def read_edges(path):
    triples = []
    for line in lines_of(path):
        words = line.replace(",", " ").replace("::", " ").split()
        if words and words[0][0] not in "#%" and not words[0][0].isalpha():
            triples.append((int(words[0]), int(words[1]), decimal32(words[2]) if len(words) > 2 else 1.0))
    return Data(2, triples)


def read(model, path):
    if model == "graph-cut":
        return read_edges(path)
    return read_ratings(path) if model == "matrix-completion" else read_rows(path)


# --- section 6: linear models ---------------------------------------------------------------------
def tree(a):
    return (a[0] + a[1]) + (a[2] + a[3])


def loss_at(model, m, y):
    z = y * m
    if model == "svm":
        return 1 - z if z < 1 else 0.0
    if model == "logistic":
        return log1p(exp(-z)) if z >= 0 else (-z) + log1p(exp(z))
    return (m - y) * (m - y)


def degrees_to_g(l2, blocks, edges):
    if l2 == 0:
        return None
    degree = [0] * blocks
    for edge in edges:
        for b in edge:
            degree[b] += 1
    return [(2 * l2) / d for d in degree]


class Linear:
    kinds = {"svm": 1, "logistic": 2, "least-squares": 3}
    width, mean, rank = 1, 0.0, 0

    def __init__(self, model, data, l2, bias):
        self.model, self.data, self.n, self.bias = model, data, data.n, bias
        self.kind = self.kinds[model]
        rows = [row + [(BIAS, 1.0)] if bias else row for row in data.samples]
        self.names = [sorted({a for row in rows for a, _ in row}), []]
        self.at = {a: b for b, a in enumerate(self.names[0])}
        self.rows = [[(self.at[a], v) for a, v in row] for row in rows]
        self.edges = [[b for b, _ in row] for row in self.rows]
        self.w = [0.0] * len(self.at)
        self.label, self.y = [0.0, 0.0], data.label
        if model != "least-squares":
            self.find_labels()
        self.g = degrees_to_g(l2, len(self.w), self.edges)
        q = 0.0
        for row in self.rows:
            for _, v in row:
                q = q + v * v
        q = q / self.n
        unit = {"svm": 0.5, "logistic": 1.0, "least-squares": 0.1}[model]
        self.default = unit / coarse(q) if q > 0 else unit

    def find_labels(self):
        low = high = self.data.label[0]
        for v in self.data.label:
            low = v if v < low else low
            high = v if v > high else high
        if low == high:
            low, high = (-low, low) if low > 0 else (low, -low) if low < 0 else (-1.0, low)
        self.label = [low, high]
        self.y = [1.0 if v == high else -1.0 for v in self.data.label]

    def dot(self, row):
        a = [0.0] * 4
        for i, (b, v) in enumerate(row):
            a[i % 4] = a[i % 4] + self.w[b] * v
        return tree(a)

    def pull(self, dot, y, gamma):
        z = y * dot
        if self.model == "svm":
            return gamma * y if z < 1 else 0.0
        if self.model == "logistic":
            return (gamma * y) / (1 + exp(z))
        return (2 * gamma) * (y - dot)

    def step(self, k, gamma):
        row, w, g = self.rows[k], self.w, self.g
        c = self.pull(self.dot(row), self.y[k], gamma)
        if g:
            for b, v in row:
                w[b] = round32(w[b] * (1 - gamma * g[b]) + c * v)
        elif self.model != "svm" or c != 0:
            for b, v in row:
                w[b] = round32(w[b] + c * v)

    def gradient(self, k):
        """Section 7a: pairs of a block and its numbers."""
        row, y = self.rows[k], self.y[k]
        dot = self.dot(row)
        z = y * dot
        if self.model == "svm":
            s = -y if z < 1 else 0.0
        elif self.model == "logistic":
            s = (-y) / (1 + exp(z))
        else:
            s = 2 * (dot - y)
        return [(b, [s * v + self.g[b] * self.w[b] if self.g else s * v]) for b, v in row]

    def parameters(self):
        return [[v] for v in self.w]

    def set(self, rows):
        self.w = [row[0] for row in rows]

    def term(self, k):
        loss, p = loss_at(self.model, self.dot(self.rows[k]), self.y[k]), 0.0
        if not self.g:
            return loss
        for b, _ in self.rows[k]:
            p = p + self.g[b] * (self.w[b] * self.w[b])
        return loss + 0.5 * p

    def block(self, b):
        return [self.w[b]]

    def evaluate_one(self, data, k):
        a, row, unseen = [0.0] * 4, data.samples[k], False
        for i, (name, v) in enumerate(row):
            if name in self.at:
                a[i % 4] = a[i % 4] + self.w[self.at[name]] * v
            else:
                unseen = True
        if BIAS in self.at:
            a[len(row) % 4] = a[len(row) % 4] + self.w[self.at[BIAS]]
        score, y = tree(a), data.label[k]
        if self.model == "least-squares":
            return (score - y) * (score - y), (score - y) * (score - y), unseen
        loss = loss_at(self.model, score, 1.0 if y == self.label[1] else -1.0)
        return loss, float(self.label[score > 0] == y), unseen or y not in self.label


# --- section 7: matrix completion -----------------------------------------------------------------
class Completion:
    model, kind, bias, label = "matrix-completion", 4, False, [0.0, 0.0]

    def __init__(self, data, l2, rank, seed):
        self.data, self.n, self.rank, self.width = data, data.n, rank, rank
        self.names = [sorted({t[side] for t in data.samples}) for side in (0, 1)]
        users = len(self.names[0])
        self.at = [{a: b for b, a in enumerate(self.names[0])},
                   {a: users + b for b, a in enumerate(self.names[1])}]
        self.edges = [[self.at[0][u], self.at[1][i]] for u, i, _ in data.samples]
        self.places = 16 * -(-rank // 16)
        total = squares = 0.0
        for _, _, rating in data.samples:
            total = total + rating
            squares = squares + rating * rating
        self.mean = total / self.n
        self.x = []
        self.set_initial_values(seed)
        self.g = degrees_to_g(l2, len(self.x), self.edges)
        s = sqrt(squares / self.n)
        self.default = 0.02 / coarse(s) if s > 0 else 0.02

    def set_initial_values(self, seed):
        mean, rank = self.mean, self.rank
        start = sqrt(coarse(abs(mean)) / rank) if mean != 0 else 0.0
        scatter = 0.1 / sqrt(rank)
        for side in (0, 1):
            centre = -start if side == 1 and mean < 0 else start
            for name in self.names[side]:
                row = []
                for j in range(rank):
                    r = philox(seed, 1, side, name * -(-rank // 4) + j // 4)[j % 4]
                    row.append(round32(centre + scatter * (r * 2.0**-31 - 1)))
                self.x.append(row + [0.0] * (self.places - rank))

    def dot(self, L, V):
        s = [round32(L[p] * V[p]) for p in range(16)]
        for q in range(16, self.places, 16):
            for p in range(16):
                s[p] = round32(s[p] + round32(L[q + p] * V[q + p]))
        for h in (8, 4, 2, 1):
            for p in range(h):
                s[p] = round32(s[p] + s[p + h])
        return s[0]

    def step(self, k, gamma):
        user, item = self.edges[k]
        L, V = self.x[user], self.x[item]
        c = round32((-2 * gamma) * (self.dot(L, V) - self.data.samples[k][2]))
        keep = [1.0, 1.0]
        if self.g:
            keep = [round32(1 - gamma * self.g[user]), round32(1 - gamma * self.g[item])]
        self.x[user] = [round32(round32(keep[0] * a) + round32(c * b)) for a, b in zip(L, V)]
        self.x[item] = [round32(round32(keep[1] * b) + round32(c * a)) for a, b in zip(L, V)]

    def gradient(self, k):
        user, item = self.edges[k]
        L, V = self.x[user], self.x[item]
        e = self.dot(L, V) - self.data.samples[k][2]
        pairs = [(user, L, V), (item, V, L)]
        return [(b, [(2 * e) * o + self.g[b] * v if self.g else (2 * e) * o
                     for v, o in zip(own[: self.rank], other)]) for b, own, other in pairs]

    def parameters(self):
        return [row[:] for row in self.x]

    def set(self, rows):
        self.x = rows

    def term(self, k):
        user, item = self.edges[k]
        L, V = self.x[user], self.x[item]
        e, p = self.dot(L, V) - self.data.samples[k][2], 0.0
        if self.g:
            A = B = 0.0
            for a, b in zip(L, V):
                A, B = A + a * a, B + b * b
            p = self.g[user] * A + self.g[item] * B
        return e * e + 0.5 * p

    def block(self, b):
        return self.x[b][: self.width]

    def evaluate_one(self, data, k):
        user, item, rating = data.samples[k]
        seen = user in self.at[0] and item in self.at[1]
        p = self.dot(self.x[self.at[0][user]], self.x[self.at[1][item]]) if seen else self.mean
        return (p - rating) * (p - rating), (p - rating) * (p - rating), not seen


# --- section 7a: more than two labels -------------------------------------------------------------
class Classes(Linear):
    def find_labels(self):
        self.label = []
        for v in self.data.label:
            if v not in self.label:
                self.label.append(v)
        self.label.sort()
        self.width = len(self.label)
        self.y = [self.label.index(v) for v in self.data.label]
        self.w = [[0.0] * self.width for _ in self.w]

    def margins(self, row):
        m = [0.0] * self.width
        for b, v in row:
            for c in range(self.width):
                m[c] = m[c] + self.w[b][c] * v
        return m

    @staticmethod
    def softmax(m):
        """t, the e_c and r."""
        t = m.index(max(m))
        e, r = [exp(v - m[t]) for v in m], 0.0
        for c, v in enumerate(e):
            if c != t:
                r = r + v
        return t, e, r

    def slopes(self, m, y):
        if self.model == "svm":
            return [(-1.0 if v < 1 else 0.0) if c == y else (1.0 if -v < 1 else 0.0) for c, v in enumerate(m)]
        t, e, r = self.softmax(m)
        s = 1 + r
        h = 1 / s
        o = r if y == t else s - e[y]
        return [-(o * h) if c == y else v * h for c, v in enumerate(e)]

    def step(self, k, gamma):
        row, w, g = self.rows[k], self.w, self.g
        for c, d in enumerate(self.slopes(self.margins(row), self.y[k])):
            p = -gamma * d
            if not g and self.model == "svm" and p == 0:
                continue
            for b, v in row:
                kept = w[b][c] * (1 - gamma * g[b]) if g else w[b][c]
                w[b][c] = round32(kept + p * v)

    def loss_of(self, m, y):
        loss = 0.0
        if self.model == "logistic":
            t, _, r = self.softmax(m)
            return (m[t] - m[y]) + log1p_any(r)
        for c, v in enumerate(m):
            z = v if c == y else -v
            loss = loss + (1 - z if z < 1 else 0.0)
        return loss

    def term(self, k):
        loss, p = self.loss_of(self.margins(self.rows[k]), self.y[k]), 0.0
        if not self.g:
            return loss
        for b, _ in self.rows[k]:
            q = 0.0
            for v in self.w[b]:
                q = q + v * v
            p = p + self.g[b] * q
        return loss + 0.5 * p

    def block(self, b):
        return self.w[b]

    def scores(self, row):
        known = [(self.at[name], v) for name, v in row if name in self.at]
        return self.margins(known + ([(self.at[BIAS], 1.0)] if BIAS in self.at else []))

    def evaluate_one(self, data, k):
        m, y = self.scores(data.samples[k]), data.label[k]
        unseen = y not in self.label or any(name not in self.at for name, _ in data.samples[k])
        own = self.label.index(y) if y in self.label else 0
        return self.loss_of(m, own), float(self.label[m.index(max(m))] == y), unseen


def new_model(model, data, l2=0.0, rank=16, bias=False, seed=1, terminals=None, hidden=(1024,), keep=0.05):
    if model == "mlp":
        return networks.Network(data, list(hidden), keep, seed)
    if model == "graph-cut":
        return cut.GraphCut(data, cut.read_terminals(lines_of(terminals)))
    if model == "matrix-completion":
        return Completion(data, l2, rank, seed)
    if model != "least-squares" and len(set(data.label)) > 2:
        return Classes(model, data, l2, bias)
    return Linear(model, data, l2, bias)


# --- sections 9 and 10 ----------------------------------------------------------------------------
def mean_loss(m, exact=0.0):
    """exact: λ of exact L2."""
    total = 0.0
    for begin in range(0, m.n, 1024):
        part = 0.0
        for k in range(begin, min(begin + 1024, m.n)):
            part = part + m.term(k)
        total = total + part
    if exact > 0:
        return total / m.n + (exact / m.n) * optimizers.squares(m)
    return total / m.n


def evaluate(m, data):
    loss = metric = 0.0
    unseen = 0
    for k in range(data.n):
        one = m.evaluate_one(data, k)
        loss, metric, unseen = loss + one[0], metric + one[1], unseen + one[2]
    if m.model == "graph-cut":
        return loss / data.n, metric, unseen
    metric = metric / data.n
    if m.model in ("least-squares", "matrix-completion"):
        metric = sqrt(metric)
    return loss / data.n, metric, unseen


def default_decay(m):
    return 0.5 if m.model == "graph-cut" else 0.8


# --- section 5: training --------------------------------------------------------------------------
def train(m, see, kind="shuffle", seed=1, epochs=10, step=None, decay=None, listed=None,
          schedule="epoch-decay", lazy=None):
    """Calls see(what, …): "order", e, pi; "before" and "after", k, sample; "epoch", e, gamma.
    lazy: what steps instead of the model (section 7d), or None.
    False: a parameter is no number any more, after the epoch last seen by "order"."""
    gamma = first = m.default if step is None else step
    decay = default_decay(m) if decay is None else decay
    for e in range(epochs):
        pi = order(kind, seed, m.n, e, listed)
        gammas = optimizers.step_sizes(schedule, first, gamma, e, len(pi))
        see("order", e, pi)
        if lazy:
            lazy.begin(gammas)
        for k, sample in enumerate(pi):
            m.where = e, k
            see("before", k, sample)
            if lazy:
                lazy.step(k, sample)
            else:
                m.step(sample, gammas[k])
            see("after", k, sample)
        if lazy:
            lazy.end()
        if not all(math.isfinite(v) for b in range(getattr(m, "blocks", sum(map(len, m.names)))) for v in m.block(b)):
            return False
        see("epoch", e, gammas[0])
        gamma = gamma * decay
    return True


# --- section 7e: averages -------------------------------------------------------------------------
SEGMENT = 2**20


def segments(pi):
    return [(first, min(SEGMENT, len(pi) - first)) for first in range(0, len(pi), SEGMENT)]


def epoch_of_gradients(m, pi, gamma, batch):
    for first, n in segments(pi):
        for k in range(first, first + n, batch):
            steps, sums = pi[k:min(k + batch, first + n)], {}
            for sample in steps:
                for b, numbers in m.gradient(sample):
                    old = sums.get(b, [0.0] * len(numbers))
                    sums[b] = [s + g for s, g in zip(old, numbers)]
            x = m.parameters()
            for b, numbers in sums.items():
                for j, s in enumerate(numbers):
                    x[b][j] = round32(x[b][j] - (gamma / len(steps)) * s)
            m.set(x)


def epoch_of_runs(m, pi, gamma, lists):
    T = len(lists)
    for first, n in segments(pi):
        for t in range(T):
            m.set(lists[t])
            for sample in pi[first + n * t // T:first + n * (t + 1) // T]:
                m.step(sample, gamma)
            lists[t] = m.parameters()
    mean = [row[:] for row in lists[0]]
    for b, row in enumerate(mean):
        for j in range(len(row)):
            total = lists[0][b][j]
            for x in lists[1:]:
                total = total + x[b][j]
            row[j] = round32(total / T)
    m.set(mean)


def train_averages(m, kind="shuffle", seed=1, epochs=10, decay=0.8, batch=0, threads=0, whole_runs=False):
    """batch: average-gradients with it; threads: average-runs on so many. Returns the losses."""
    gamma, losses, lists = m.default, [], None
    for e in range(epochs):
        pi = order(kind, seed, m.n, e, None)
        if batch:
            epoch_of_gradients(m, pi, gamma, batch)
        else:
            if not (lists and whole_runs):
                lists = [m.parameters() for _ in range(threads)]
            epoch_of_runs(m, pi, gamma, lists)
        losses.append(mean_loss(m))
        gamma = gamma * decay
    return losses
