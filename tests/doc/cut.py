"""Graph cuts and generated images, written from doc/arithmetic.md alone: sections 7b and 12."""
from math import sqrt

from arithmetic import Words, coarse, decimal32, round32


def read_terminals(lines):
    label = {}
    for line in lines:
        words = line.replace(",", " ").replace("::", " ").split()
        if words and words[0][0] not in "#%" and not words[0][0].isalpha():
            label[int(words[0])] = decimal32(words[1]) + 0.0
    return label


def project(a):
    m = max(a)
    b = [v - m for v in a]
    total, rho_total, rho = 0.0, 0.0, 0
    for j, mu in enumerate(sorted(b, reverse=True), 1):
        total = total + mu
        if not 1 + j * mu > total:
            break
        rho_total, rho = total, j
    theta = (rho_total - 1) / rho
    return [round32(v - theta) if v - theta >= 0 else 0.0 for v in b]


class GraphCut:
    model, kind, bias, rank, mean = "graph-cut", 5, False, 0, 0.0

    def __init__(self, data, terminals):
        self.data, self.n, self.terminals = data, data.n, terminals
        self.names = [sorted({a for u, v, _ in data.samples for a in (u, v)}), []]
        self.at = {a: b for b, a in enumerate(self.names[0])}
        given = {a: l for a, l in terminals.items() if a in self.at}
        self.label = sorted(set(given.values()))
        self.width = K = len(self.label)
        self.fixed = [a in given for a in self.names[0]]
        self.x = [[float(given[a] == l) for l in self.label] if a in given else [round32(1 / K)] * K
                  for a in self.names[0]]
        self.edges, self.written, total = [], [], 0.0
        for u, v, w in data.samples:
            u, v = self.at[u], self.at[v]
            u, v = (v, u) if self.fixed[u] and not self.fixed[v] else (u, v)
            self.edges.append([u, v])
            self.written.append([b for b in (u, v) if not self.fixed[b]] if u != v else [])
            total = total + w
        d = (2 * total) / len(self.x)
        self.default = 1 / coarse(d) if d > 0 else 1.0

    def step(self, k, gamma):
        u, v = self.edges[k]
        p, q, d = self.x[u], self.x[v], gamma * self.data.samples[k][2]
        s = [float((a > b) - (a < b)) for a, b in zip(p, q)]
        if not any(s):
            return
        new = {u: [a - d * t for a, t in zip(p, s)], v: [b + d * t for b, t in zip(q, s)]}
        for block in self.written[k]:
            self.x[block] = project(new[block])

    def distance(self, p, q, w):
        t = 0.0
        for a, b in zip(p, q):
            t = t + abs(a - b)
        return w * t

    def term(self, k):
        u, v = self.edges[k]
        return self.distance(self.x[u], self.x[v], self.data.samples[k][2])

    def block(self, b):
        return self.x[b]

    def place(self, name):
        row = self.x[self.at[name]]
        return row.index(max(row))

    def evaluate_one(self, data, k):
        u, v, w = data.samples[k]
        if u not in self.at or v not in self.at:
            return 0.0, 0.0, True
        apart = self.place(u) != self.place(v)
        return self.distance(self.x[self.at[u]], self.x[self.at[v]], w), w if apart else 0.0, False

    def predict(self, data):
        for name in sorted({a for u, v, _ in data.samples for a in (u, v)}):
            yield f"{name} %.9g\n" % self.label[self.place(name)] if name in self.at else f"{name} nan\n"


# --- section 12 -----------------------------------------------------------------------------------
def regions(W, H, K, seed):
    words, region = Words(seed, 4, 0), [[0] * W for _ in range(H)]
    n, height = 1, 2 * H
    if K > 2:
        half, rise, base = 2 * W // 3 + 1, H // 5, 7 * H // 5
        shift = words.below(2 * half)
        for c in range(W):
            at = 2 * c + 1 + shift
            u = at % half
            bump = 4 * rise * u * (half - u) // (half * half)
            level = base + bump if at // half % 2 else base - bump
            for r in range(H):
                if 2 * r + 1 > level:
                    region[r][c] = K - 1
        n, height = K - 2, 6 * H // 5
    columns = 1
    while columns < n and columns * columns * height < n * 2 * W:
        columns += 1
    rows = (n + columns - 1) // columns
    wide, high = 2 * W // columns, height // rows
    rx = wide if 2 * wide < 3 * high else 3 * high // 2
    ry = high if 2 * high < 3 * wide else 3 * wide // 2
    for i in range(n):
        share = 32 + words.below(9)
        a, b = rx * share // 100 + 1, ry * share // 100 + 1
        x0 = i % columns * wide + wide // 2 - wide // 10 + words.below(2 * (wide // 10) + 1)
        y0 = i // columns * high + high // 2 - high // 10 + words.below(2 * (high // 10) + 1)
        for r in range(H):
            for c in range(W):
                if ((2 * c + 1 - x0) * b) ** 2 + ((2 * r + 1 - y0) * a) ** 2 <= (a * b) ** 2:
                    region[r][c] = i + 1
    return region


def strokes(W, H, K, seed, region):
    words, marked = Words(seed, 3, 0), set()
    side = max(1, min(W, H) // 4)
    length = max(2, side // 3)

    def fits(r, c, k):
        return 0 <= r < H and 0 <= c < W and all(
            region[y][x] == k for y in range(max(r - 2, 0), min(r + 3, H)) for x in range(max(c - 2, 0), min(c + 3, W)))

    for k in range(K):
        drawn = False
        for top in range(0, H, side):
            for left in range(0, W, side):
                for _ in range(16):
                    r = top + words.below(min(side, H - top))
                    c = left + words.below(min(side, W - left))
                    dr, dc = ((0, 1), (1, 0), (1, 1), (1, -1))[words.below(4)]
                    pixels = [(r + i * dr, c + i * dc) for i in range(length)]
                    if all(fits(y, x, k) for y, x in pixels):
                        marked.update(pixels)
                        drawn = True
                        break
        if not drawn:
            own = [(r, c) for r in range(H) for c in range(W) if region[r][c] == k]
            marked.add(own[len(own) // 2])
    return marked


def image(W, H, K, sigma, seed):
    """Edges, terminals, picture, truth, as texts; the picture as bytes."""
    region = regions(W, H, K, seed)
    marked = strokes(W, H, K, seed, region)
    words, grey = Words(seed, 2, 0), []
    for r in range(H):
        for c in range(W):
            halves = 0
            for _ in range(4):
                word = words.next()
                halves += (word & 0xFFFF) + (word >> 16)
            g = (halves - 262140) / sqrt(8.0 * 4294967295.0 / 12)
            v = float(48 + 160 * region[r][c] // (K - 1)) + sigma * g
            grey.append(0 if v < 0 else 255 if v > 255 else int(v + 0.5))
    edges = []
    for node in range(W * H):
        for other in ([node + 1] if node % W < W - 1 else []) + ([node + W] if node // W < H - 1 else []):
            e = (grey[node] - grey[other]) / (sigma if sigma > 1 else 1.0)
            w = int(1e6 * (1 / (1 + e * e)) + 0.5)
            edges.append("%d %d %d.%06d\n" % (node, other, *divmod(w, 10**6)))
    truth = [f"{r * W + c} {region[r][c]}\n" for r in range(H) for c in range(W)]
    terminals = [truth[r * W + c] for r, c in sorted(marked)]
    return "".join(edges), "".join(terminals), b"P5\n%d %d\n255\n" % (W, H) + bytes(grey), "".join(truth)
