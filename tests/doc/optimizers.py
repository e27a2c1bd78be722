"""Gradients, exact L2, svrg and saga, written from doc/arithmetic.md, section 7d, alone. Names are the
page's; m is a model of reference.py."""
from math import sqrt

import cut
from arithmetic import exp, log1p, round32

LN2 = float.fromhex("0x1.62e42fefa39efp-1")


def step_sizes(schedule, step, decayed, e, steps):
    """Section 5: of each position of epoch e."""
    if schedule == "epoch-decay":
        return [decayed] * steps
    if schedule == "constant":
        return [step] * steps
    s = [e + k / steps for k in range(steps)]
    return [step / (1 + t) if schedule == "inverse" else step / sqrt(1 + t) for t in s]


def gradient(m, k):
    """A list of a row's numbers for each block of sample k."""
    if m.model == "graph-cut":
        w, (u, v) = m.data.samples[k][2], m.edges[k]
        return [[w if a > b else -w if a < b else 0.0 for a, b in zip(m.x[own], m.x[v if own == u else u])]
                for own in m.written[k]]
    if m.model != "matrix-completion":
        row, y = m.rows[k], m.y[k]
        dot = m.dot(row)
        z = y * dot
        if m.model == "svm":
            c = -y if z < 1 else 0.0
        elif m.model == "logistic":
            c = (-y) / (1 + exp(z))
        else:
            c = 2 * (dot - y)
        return [[c * v + m.g[b] * m.w[b]] if m.g else [c * v] for b, v in row]
    user, item = m.edges[k]
    L, V = m.x[user], m.x[item]
    e = m.dot(L, V) - m.data.samples[k][2]
    both = []
    for own, other, b in ((L, V, user), (V, L, item)):
        numbers = [(2 * e) * other[j] for j in range(m.rank)]
        if m.g:
            numbers = [n + m.g[b] * own[j] for j, n in enumerate(numbers)]
        both.append(numbers)
    return both


def blocks_of(m, k):
    return m.written[k] if m.model == "graph-cut" else m.edges[k]


def set_block(m, b, row):
    if m.model == "graph-cut":
        m.x[b] = row
    elif m.model == "matrix-completion":
        m.x[b] = row + [0.0] * (m.places - m.rank)
    else:
        m.w[b] = row[0]


def projected(m, b, row):
    return cut.project(row) if m.model == "graph-cut" and not m.fixed[b] else row


def copy_of(m):
    return [list(m.block(b)) for b in range(sum(map(len, m.names)))]


def log_rest(y):
    u, z = 1 - y, 0
    while u < 0.5:
        u, z = u * 2, z + 1
    w = y if z == 0 else 1 - u
    return -(z * LN2 + log1p(w / u))


class Lazy:
    def __init__(self, m, kind, l2):
        self.m, self.kind, self.n = m, kind, m.n
        self.r = (2 * l2) / m.n
        self.blocks = sum(map(len, m.names))
        if kind == "saga":
            self.t = [[[round32(v) for v in row] for row in gradient(m, e)] for e in range(m.n)]

    def begin(self, gammas):
        m = self.m
        self.gammas, self.since = gammas, [0] * self.blocks
        self.tables()
        if self.kind == "sgd":
            return
        self.d = [[0.0] * m.width for _ in range(self.blocks)]
        if self.kind == "svrg":
            self.x0 = copy_of(m)
        for e in range(self.n):
            rows = gradient(m, e) if self.kind == "svrg" else self.t[e]
            for b, row in zip(blocks_of(m, e), rows):
                self.d[b] = [s + v for s, v in zip(self.d[b], row)]
        self.d = [[s / self.n for s in row] for row in self.d]

    def tables(self):
        self.P = None
        if len(set(self.gammas)) > 1:
            self.P = [0.0]
            for gamma in self.gammas:
                self.P.append(self.P[-1] + log_rest(gamma * self.r))
            return
        q = 1 - self.gammas[0] * self.r
        self.Q, self.S = [1.0], [0.0]
        for _ in range(256):
            self.S.append(self.S[-1] + self.Q[-1])
            self.Q.append(self.Q[-1] * q)
        self.Q2, self.S2 = [1.0], [0.0]
        for _ in range(len(self.gammas) // 256 + 1):
            self.S2.append(self.S2[-1] + self.Q2[-1] * self.S[256])
            self.Q2.append(self.Q2[-1] * self.Q[256])

    def catch_up(self, b, k, stepped=False):
        m, row, S = k - self.since[b], self.m.block(b), 0.0
        if m == 0 and not (stepped and len(row) == 1):
            return
        if self.P:
            Q = exp(self.P[k] - self.P[self.since[b]])
        else:
            a, i = divmod(m, 256)
            Q, S = self.Q2[a] * self.Q[i], self.S[i] + self.Q[i] * self.S2[a]
        if self.kind == "sgd":
            row = [round32(Q * x) for x in row]
        else:
            row = [round32(Q * x - (self.gammas[0] * S) * d) for x, d in zip(row, self.d[b])]
        set_block(self.m, b, projected(self.m, b, row))
        self.since[b] = k

    def step(self, k, e):
        m, gamma, share = self.m, self.gammas[k], 1 / self.n
        q = 1 - gamma * self.r
        for b in blocks_of(m, e):
            self.catch_up(b, k, stepped=True)
        h = gradient(m, e)
        if self.kind == "svrg":
            now = copy_of(m)
            for b in range(self.blocks):
                set_block(m, b, self.x0[b])
            old = gradient(m, e)
            for b in range(self.blocks):
                set_block(m, b, now[b])
        for i, b in enumerate(blocks_of(m, e)):
            row = list(m.block(b))
            for j, x in enumerate(row):
                v = h[i][j]
                if self.kind == "svrg":
                    v = (v - old[i][j]) + self.d[b][j]
                elif self.kind == "saga":
                    t, d, new = self.t[e][i][j], self.d[b][j], round32(v)
                    v = (v - t) + d
                    self.d[b][j], self.t[e][i][j] = d + (new - t) * share, new
                row[j] = round32(q * x - gamma * v)
            set_block(m, b, projected(m, b, row))
            self.since[b] = k + 1

    def end(self):
        for b in range(self.blocks):
            self.catch_up(b, len(self.gammas))

    def memory(self):
        if self.kind != "saga":
            return None
        blocks = 2 if self.m.model == "graph-cut" else 0  # read-only ones are there, as zeros
        return [v for rows in self.t for row in rows + [[0.0] * self.m.width] * (blocks - len(rows)) for v in row]


def squares(m):
    total = 0.0
    blocks = copy_of(m)
    for begin in range(0, len(blocks), 1024):
        part = 0.0
        for row in blocks[begin:begin + 1024]:
            for x in row:
                part = part + x * x
        total = total + part
    return total


def theory_step(m, l2, epsilon):
    """Section 11."""
    mu = (2 * l2) / m.n
    most = 0.0
    for row in m.rows:
        s = 0.0
        for _, v in row:
            s = s + v * v
        most = s if s > most else most
    W = sqrt(((1.0 if m.model == "svm" else LN2) * m.n) / l2)
    M = sqrt(most) + mu * W
    return (epsilon * mu) / ((2 * M) * M)
