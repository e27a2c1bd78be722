"""`sequent generate`, written from doc/arithmetic.md, section 12, alone."""
from math import sqrt

from arithmetic import Words, permutation


def bell(word):
    return (word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24) - 510


class Zipf:
    def __init__(self, n, skew, seed, t):
        f, g = divmod(int(4 * skew), 4)
        self.n, share, total = n, [0.0] * n, 0.0
        for i in range(n - 1, -1, -1):
            x = float(i + 1)
            u, power = sqrt(sqrt(x)), 1.0
            for factor in [x] * f + [u] * g:
                power = power * factor
            share[i] = 1 / power
            total = total + share[i]
        scale = n / total
        share = [v * scale for v in share]
        self.threshold, self.alias, small, large = [0] * n, list(range(n)), [], []
        for i in range(n):
            (small if share[i] < 1 else large).append(i)
        while small and large:
            i, j = small.pop(), large[-1]
            self.threshold[i], self.alias[i] = int(share[i] * 2.0**32), j
            share[j] = (share[j] + share[i]) - 1
            if share[j] < 1:
                small.append(large.pop())
        self.name = permutation(n, Words(seed, 3, t))

    def draw(self, words):
        i = (words.next() * self.n) >> 32
        return i if words.next() < self.threshold[i] else self.alias[i]

    def draw_distinct(self, words, taken):
        for _ in range(16):
            rank = self.draw(words)
            if rank not in taken:
                break
        else:
            rank = 0
            while rank in taken:
                rank += 1
        taken.add(rank)
        return rank


def ratings(n, seed, users, items, rank, skew, noise):
    of_user, of_item = Zipf(users, skew, seed, 0), Zipf(items, skew, seed, 1)
    factor = []
    for epoch, count in ((0, users), (1, items)):
        words = Words(seed, 4, epoch)
        factor.append([bell(words.next()) for _ in range(count * rank)])
    words = Words(seed, 2, 0)
    for _ in range(n):
        u, i = of_user.draw(words), of_item.draw(words)
        product = sum(factor[0][u * rank + r] * factor[1][i * rank + r] for r in range(rank))
        halves = 0
        for _ in range(4):
            word = words.next()
            halves += (word & 0xFFFF) + (word >> 16)
        g = (halves - 262140) / sqrt(8.0 * 4294967295.0 / 12)
        value = (3 + (0.8 / (21845 * sqrt(rank))) * product) + noise * g
        value = 0.5 if value < 0.5 else 5.0 if value > 5 else value
        k = int(2 * value + 0.5)
        yield f"{of_user.name[u] + 1} {of_item.name[i] + 1} {k // 2}.{5 * (k % 2)}\n"


def linear(n, seed, features, entries, skew, flip, labels=2):
    law, words = Zipf(features, skew, seed, 0), Words(seed, 4, 0)
    planes = labels if labels > 2 else 1
    weight = [[bell(words.next()) for _ in range(planes)] for _ in range(features)]
    words = Words(seed, 2, 0)
    for _ in range(n):
        taken, values, margin = set(), [], [0] * planes
        row = sorted((law.name[i], i) for i in [law.draw_distinct(words, taken) for _ in range(entries)])
        for _, i in row:
            word, heads = words.next(), 0
            while heads < 7 and word >> heads & 1:
                heads += 1
            values.append((1 + heads) * (i + 1).bit_length())
            margin = [m + w * values[-1] for m, w in zip(margin, weight[i])]
        flipped = words.unit() < flip
        if planes == 1:
            label = "+1" if (margin[0] >= 0) != flipped else "-1"
        else:
            label = margin.index(max(margin))
            other = words.next() * (labels - 1) >> 32
            if flipped:
                label = (label + 1 + other) % labels
        k = 1e6 / sqrt(float(sum(x * x for x in values)))
        shown = ["%d:%d.%06d" % (name + 1, *divmod(int(k * x + 0.5), 10**6))
                 for (name, _), x in zip(row, values)]
        yield f"{label} " + " ".join(shown) + "\n"


def graph(edges, seed, nodes, skew):
    law, words = Zipf(nodes, skew, seed, 0), Words(seed, 2, 0)
    for i in range(nodes):
        taken = {i}
        for _ in range(edges // nodes + (i < edges % nodes)):
            yield f"{law.name[i]} {law.name[law.draw_distinct(words, taken)]}\n"
