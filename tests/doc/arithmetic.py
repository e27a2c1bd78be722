"""Numbers, random words, orders, exp and log1p: doc/arithmetic.md, sections 1, 3, 4 and 8.

Python's float is binary64; binary32 is rounded to one operation at a time. Names are the page's.
"""
import math
import struct
from fractions import Fraction

LOW = 0xFFFFFFFF


# --- section 1: numbers ---------------------------------------------------------------------------
def round32(a):
    try:
        return struct.unpack("<f", struct.pack("<f", a))[0]
    except OverflowError:
        return math.copysign(math.inf, a)


def decimal32(text):
    """The exact value of the text, rounded once (section 2)."""
    negative = text.startswith("-")
    q = abs(Fraction(text))
    if q == 0:
        return -0.0 if negative else 0.0
    e = q.numerator.bit_length() - q.denominator.bit_length()
    if Fraction(2) ** e > q:
        e -= 1
    unit = Fraction(2) ** (max(e, -126) - 23)
    n, rest = divmod(q, unit)
    if 2 * rest > unit or (2 * rest == unit and n % 2):
        n += 1
    if n * unit >= 2**128:
        raise ValueError("infinite")
    return float(-n * unit if negative else n * unit)


def coarse(x):
    """Four significant bits."""
    bits = struct.unpack("<Q", struct.pack("<d", x))[0]
    bits = (bits + (1 << 48)) & ~((1 << 49) - 1)
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


# --- section 3: random numbers --------------------------------------------------------------------
def philox(seed, stream, epoch, index):
    k0, k1 = seed & LOW, seed >> 32
    c = [index & LOW, index >> 32, epoch & LOW, stream]
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k0, q & LOW, (p >> 32) ^ c[3] ^ k1, p & LOW]
        k0, k1 = (k0 + 0x9E3779B9) & LOW, (k1 + 0xBB67AE85) & LOW
    return c


class Words:
    def __init__(self, seed, stream, epoch):
        self.of, self.index, self.left = (seed, stream, epoch), 0, []

    def next(self):
        if not self.left:
            self.left = philox(*self.of, self.index)
            self.index += 1
        return self.left.pop(0)

    def below(self, b):
        t = 2**32 % b
        while True:
            p = self.next() * b
            if p & LOW >= t:
                return p >> 32

    def unit(self):
        h = self.next()
        low = self.next()
        return ((h * 2**32 + low) >> 11) * 2.0**-53


# --- section 4: orders ----------------------------------------------------------------------------
def permutation(n, words):
    pi = list(range(n))
    for i in range(n, 1, -1):
        j = words.below(i)
        pi[i - 1], pi[j] = pi[j], pi[i - 1]
    return pi


def order(kind, seed, n, e, listed=None):
    if kind == "shuffle":
        return permutation(n, Words(seed, 0, 0))
    if kind == "reshuffle":
        return permutation(n, Words(seed, 0, e))
    if kind == "sequential":
        return list(range(n))
    if kind == "replacement":
        words = Words(seed, 0, e)
        return [words.below(n) for _ in range(n)]
    return listed


# --- section 8: exp and log1p ---------------------------------------------------------------------
C = {i: 1.0 / math.factorial(i) for i in range(2, 14)}
LOG2E, SHIFT = float.fromhex("0x1.71547652b82fep+0"), float.fromhex("0x1.8p+52")
LN2H, LN2L = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")


def exp(x):
    if x != x:
        return x
    if x > 710:
        return math.inf
    if x < -746:
        return 0.0
    n = (x * LOG2E + SHIFT) - SHIFT
    u = x - n * LN2H
    v = n * LN2L
    r = u - v
    r2 = r * r
    r4 = r2 * r2
    p01, p23, p45 = C[2] + r * C[3], C[4] + r * C[5], C[6] + r * C[7]
    p67, p89, pab = C[8] + r * C[9], C[10] + r * C[11], C[12] + r * C[13]
    low, middle, high = p01 + r2 * p23, p45 + r2 * p67, p89 + r2 * pab
    p = low + r4 * (middle + r4 * high)
    y = 1 + (u + (r2 * p - v))
    h = math.trunc(n / 2)
    return (y * 2.0**h) * 2.0 ** (int(n) - h)


def log1p(x):
    s = x / (2 + x)
    s2 = s * s
    t = 0.0
    for i in range(17, 0, -1):
        t = s2 * (t + 1.0 / (2 * i + 1))
    return x - s * (x - 2 * t)


def log(x):
    f, e = math.frexp(x)
    return (e - 1) * LN2H + ((e - 1) * LN2L + log1p(2 * f - 1))


def log1p_any(x):
    if x <= 1:
        return log1p(x)
    return log(1 + x)
