"""Hashes and files, written from doc/formats.md alone. XXH3 comes from xxHash's library."""
import ctypes
import hashlib
import json
import os
import struct

import optimizers
import reference

xxhash = ctypes.CDLL("libxxhash.so.0")


class Halves(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


xxhash.XXH3_128bits.restype = Halves
xxhash.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
xxhash.XXH3_64bits_withSeed.restype = ctypes.c_uint64
xxhash.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def xxh128(content):
    h = xxhash.XXH3_128bits(content, len(content))
    return "%016x%016x" % (h.high, h.low)


def xxh64(content, seed):
    return xxhash.XXH3_64bits_withSeed(content, len(content), seed)


def u32(*values):
    return struct.pack("<%dI" % len(values), *values)


def u64(*values):
    return struct.pack("<%dQ" % len(values), *values)


def f32(*values):
    return struct.pack("<%df" % len(values), *values)


def f64(value):
    return struct.pack("<d", value)


def bits32(value):
    return "%08x" % struct.unpack("<I", f32(value))[0]


def bits64(value):
    return "%016x" % struct.unpack("<Q", f64(value))[0]


def sealed(content):
    return content + bytes.fromhex(xxh128(content))


# --- section 6: what is hashed --------------------------------------------------------------------
def sides(m):
    b = 0
    for names in m.names:
        yield names, [v for i in range(len(names)) for v in m.block(b + i)]
        b += len(names)


def model_bytes(m):
    if m.model == "mlp":
        values = [v for b in range(m.blocks) for v in m.block(b)]
        return (u64(len(m.names[0])) + u32(0, *m.names[0]) + u64(m.blocks) +
                u32(m.width, *range(m.blocks)) + f32(*values))
    return b"".join(u64(len(names)) + u32(m.width, *names) + f32(*values)
                    for names, values in sides(m))


def data_bytes(d):
    out = [u32(d.kind), u64(d.n)]
    for k, sample in enumerate(d.samples):
        if d.kind == 0:
            out += [f32(d.label[k]), u32(len(sample))] + [u32(a) + f32(v) for a, v in sample]
        else:
            out += [u32(sample[0], sample[1]), f32(sample[2])]
    return b"".join(out)


def order_bytes(pi):
    return u64(len(pi)) + u32(*pi)


def terminals_bytes(label):
    nodes = sorted(label)
    return u64(len(nodes)) + u32(*nodes) + f32(*(label[node] for node in nodes))


# --- section 7: model files -----------------------------------------------------------------------
def model_file(m, before=b""):
    if m.model == "mlp":
        out = before + b"sqmodel\n" + u32(2, 1, m.kind, m.width, m.K, m.L) + f64(0) + f64(m.keep)
        out += u64(len(m.names[0]), 0) + u32(*m.hidden) + f32(*m.label) + u32(*m.names[0])
        return sealed(out + b"".join(f32(*m.block(b)) for b in range(m.blocks)))
    both = list(sides(m))
    label = m.label if m.kind < 3 or m.kind == 5 else []
    out = before + b"sqmodel\n" + u32(2, 1, m.kind, m.width, len(label), 0) + f64(m.mean) + f64(0)
    out += u64(*(len(names) for names, _ in both)) + f32(*label)
    out += b"".join(u32(*names) for names, _ in both) + b"".join(f32(*v) for _, v in both)
    return sealed(out)


# --- section 8: lock files ------------------------------------------------------------------------
def hexfloat(value):
    bits = struct.unpack("<Q", f64(value))[0]
    exponent, fraction = bits >> 52 & 0x7FF, bits & (1 << 52) - 1
    digits = ("%013x" % fraction).rstrip("0")
    power = exponent - 1023 if exponent else -1022 if fraction else 0
    return "%s0x%d%s%sp%+d" % ("-" if bits >> 63 else "", exponent > 0, "." if digits else "",
                               digits, power)


def relative(path, folder):
    real = os.path.realpath(os.path.dirname(path) or ".")
    return os.path.relpath(os.path.join(real, os.path.basename(path)), os.path.realpath(folder))


def escaped(text):
    """A JSON string in ASCII."""
    out = []
    for c in text:
        if c in '"\\':
            out.append("\\" + c)
        elif c in "\b\f\n\r\t":
            out.append("\\" + "bfnrt"["\b\f\n\r\t".index(c)])
        elif " " <= c <= "~" or c == "\x7f":
            out.append(c)
        else:
            units = c.encode("utf-16-be")
            out += ["\\u%02X%02X" % (units[i], units[i + 1]) for i in range(0, len(units), 2)]
    return '"' + "".join(out) + '"'


def json_text(facts):
    lines = []
    for key in sorted(facts):
        value = facts[key]
        if isinstance(value, list):
            inner = ",\n".join("    " + (str(item) if isinstance(item, int) else escaped(item))
                               for item in value)
            shown = "[\n" + inner + "\n  ]" if value else "[]"
        elif isinstance(value, str):
            shown = escaped(value)
        else:
            shown = json.dumps(value)
        lines.append("  " + escaped(key) + ": " + shown)
    return "{\n" + ",\n".join(lines) + "\n}"


class Record:
    """What the lock, the trace and the checkpoints of a run hold, collected while it runs. folder:
    where these files are, as their paths are relative to it."""

    def __init__(self, m, data_path, folder, kind="shuffle", seed=1, epochs=10, step=None,
                 decay=None, l2=0.0, listed=None, order_path=None, form="auto", terminals=None,
                 schedule="epoch-decay", optimizer="sgd", exact=False):
        self.m, self.data_path, self.folder, self.order_path = m, data_path, folder, order_path
        decay = reference.default_decay(m) if decay is None else decay
        self.terminals_path = terminals
        self.run = dict(kind=kind, seed=seed, epochs=epochs, decay=decay, listed=listed,
                        step=m.default if step is None else step, schedule=schedule)
        self.optimizer, self.exact = optimizer, l2 if exact else 0.0
        if optimizer != "sgd" or self.exact > 0:
            self.run["lazy"] = optimizers.Lazy(m, optimizer, self.exact)
        self.l2, self.form = l2, form
        self.orders, self.initial = b"", xxh128(model_bytes(m))
        self.chain, self.losses, self.gammas = [], [], []
        self.pis, self.slots = [], []  # of each epoch: pi, and (read, written) of each step
        self.begun = self.facts()  # as they are before the first step
        self.done = reference.train(m, self.see, **self.run)

    def see(self, what, k, argument):
        if what == "order":
            self.orders += order_bytes(argument)
            self.pis.append(argument)
            self.slots.append([])
        elif what == "before":
            self.slots[-1].append(self.slot(self.m.edges[argument]))
        elif what == "after":
            written = self.m.written if self.m.kind == 5 else self.m.edges
            self.slots[-1][k] = (self.slots[-1][k], self.slot(written[argument]))
        else:
            before = self.chain[-1] if self.chain else self.initial
            now = xxh128(model_bytes(self.m))
            self.chain.append(xxh128(bytes.fromhex(before) + bytes.fromhex(now)))
            self.losses.append(reference.mean_loss(self.m, self.exact))
            self.gammas.append(argument)
            self.after_epoch(k)

    def after_epoch(self, e):
        pass

    def slot(self, blocks):
        numbers = [v for b in blocks for v in self.m.block(b)]
        h = 0
        while len(numbers) >= 1024:
            h, numbers = xxh64(f32(*numbers[:1024]), h), numbers[1024:]
        return xxh64(f32(*numbers), h)

    def facts(self):
        m, run, folder = self.m, self.run, self.folder
        name = "file:" + relative(self.order_path, folder) if self.order_path else run["kind"]
        entries = sum(len(row) for row in m.data.samples) if m.data.kind == 0 else 0
        content = model_bytes(m)
        seldom = {"terminals": relative(self.terminals_path, folder),
                  "terminals_hash": xxh128(terminals_bytes(m.terminals))} if m.kind == 5 else {}
        if self.exact > 0:
            seldom["l2_form"] = "exact"
        if run["schedule"] != "epoch-decay":
            seldom["schedule"] = run["schedule"]
        if m.model == "mlp":
            seldom |= {"hidden": m.hidden, "keep": hexfloat(m.keep)}
        return {
            **seldom,
            "schema": 1, "arithmetic": 1, "data": relative(self.data_path, folder),
            "data_format": self.form, "data_hash": xxh128(data_bytes(m.data)),
            "samples": str(m.n), "nonzeros": str(entries),
            "steps": str(len(run["listed"]) if run["listed"] else m.n),
            "order": name, "order_generator": "philox4x32-10", "order_hash": xxh128(self.orders),
            "seed": str(run["seed"]), "model": m.model, "rank": m.rank, "bias": bool(m.bias),
            "l2": hexfloat(self.l2), "step": hexfloat(run["step"]),
            "step_decay": hexfloat(run["decay"]), "optimizer": self.optimizer,
            "epochs": str(run["epochs"]), "initial_hash": self.initial,
            "epoch_hashes": list(self.chain), "model_hash": xxh128(content),
            "model_sha256": hashlib.sha256(content).hexdigest(),
        }

    def lock(self):
        return json_text(self.facts()).encode() + b"\n"

    # --- section 9: trace files -------------------------------------------------------------------
    def trace(self):
        m, text = self.m, json_text(self.begun).encode()
        out = [b"sqtrace\n", u32(1, len(text)), text, u32(m.data.kind)]
        out += [u64(len(names)) + u32(*names) for names in m.names]
        edges = [] if m.model == "mlp" else m.edges  # they depend on the step
        out += [u64(len(edges)), u32(*(len(edge) for edge in edges))]
        out += [u32(*(b for edge in edges for b in edge))]
        for e, pi in enumerate(self.pis):
            gamma = self.run["step"] if self.run["schedule"].startswith("inverse") else self.gammas[e]
            out += [u32(1), f64(gamma), u64(len(pi)), u32(*pi)]
            out += [u64(*slot) for slot in self.slots[e]]
        return sealed(b"".join(out) + u32(0))


# --- section 10: checkpoints ----------------------------------------------------------------------
def checkpoint(record, epoch, step=0):
    text = json_text(record.facts()).encode()
    mode, lazy, memory = b"serial", record.run.get("lazy"), b""
    if record.optimizer == "saga":
        numbers = lazy.memory()
        memory = u64(len(numbers)) + f32(*numbers)
    return model_file(record.m, b"sqcheck\n" + u32(2, len(text)) + text + u64(epoch, step) +
                      u32(len(mode)) + mode + memory)
