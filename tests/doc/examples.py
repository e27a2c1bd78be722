"""The worked examples of the pages, made by the reference. `examples.py` prints them; check.py
compares them with the pages and with the program."""
import os
import sys
import tempfile
from math import sqrt

import formats
import generate
import reference
from arithmetic import LN2H, LN2L, LOW, Words, coarse, decimal32, exp, log1p, order, philox, round32
from formats import bits32, bits64, u32, xxh128

THREE = "1 10 4\n2 10 2.5\n1 30 1\n"
FOUR = "+1 1:1 3:0.5\n-1 2:1.5 3:-0.25 7:2\n+1 1:-0.5 2:0.3\n-1 3:1 7:0.1\n"
OTHER = "+1 1:1 5:9 7:1\n-1 2:1 3:1\n2 3:-1\n"
LABELS = "3 1:1 2:0.5\n-1.5 2:1\n7 1:-0.5 9:1\n3 1:0.25 2:2\n"
OTHER_LABELS = "7 9:1\n4 2:-1\n"
DECIMALS = [
    ("0.1", ""), ("-2.50", ""), ("-0", "the sign is kept"), ("16777217", "half-way: to the even one"),
    ("16777219", "half-way: to the even one"),
    ("1e-45", "the least subnormal number is about 1.4e-45"), ("7.006e-46", "below half of it"),
    ("7.007e-46", "above half of it"), ("3.4028235677973366e38", "the largest number"),
    ("3.40282357e38", None),
    ("1.00000005960464477539062500001", "above half-way; by way of binary64 it would be `3f800000`")]

# Model, data, options of the model, options of the run. All are compared with the program as well.
COMPLETION = ("matrix-completion", "three.txt", dict(rank=2), dict(epochs=1, step=0.1))
COMPLETION_L2 = ("matrix-completion", "three.txt", dict(rank=2, l2=0.3), dict(epochs=1, step=0.1, l2=0.3))
SVM = ("svm", "four.svm", {}, dict(epochs=1, step=0.5))
LOGISTIC = ("logistic", "four.svm", dict(l2=0.3, bias=True), dict(epochs=1, step=1.0, l2=0.3))
CLASSES = ("logistic", "labels.svm", {}, dict(epochs=1, step=1.0))
CLASSES_SVM = ("svm", "labels.svm", dict(bias=True, l2=0.3), dict(epochs=1, step=0.5, l2=0.3))
FURTHER = [
    ("svm", "four.svm", {}, {}), ("logistic", "four.svm", {}, {}), ("least-squares", "four.svm", {}, {}),
    ("least-squares", "four.svm", dict(bias=True, l2=0.3), dict(l2=0.3, kind="replacement")),
    ("matrix-completion", "three.txt", {}, {}),
    ("matrix-completion", "three.txt", dict(rank=17, seed=2**32 + 5), dict(kind="reshuffle", seed=2**32 + 5))]
CASES = [COMPLETION, COMPLETION_L2, SVM, LOGISTIC, CLASSES, CLASSES_SVM, *FURTHER]


def options_of(model_options, run_options):
    """The command line's words."""
    both = dict(model_options, **run_options)
    words = ["--bias"] * both.pop("bias", False)
    for key, option in (("kind", "order"), ("decay", "step-decay")):
        if key in both:
            both[option] = both.pop(key)
    for key in ("rank", "epochs", "step", "l2", "order", "seed"):
        words += ["--" + key, str(both[key])] if key in both else []
    return words


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + [("| " + " | ".join(row) + " |").replace("|  |", "| |") for row in rows])


def code(text):
    return f"`{text}`"


def codes(texts):
    return " ".join(map(code, texts))


class Examples:
    def __init__(self, folder):
        self.folder = folder
        for name, text in (("three.txt", THREE), ("four.svm", FOUR), ("other.svm", OTHER),
                           ("labels.svm", LABELS), ("other_labels.svm", OTHER_LABELS)):
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)

    def record(self, case, after=lambda record, sample, dot, c: None):
        """Trains; `after` each step gets the sample, the dot product before it, and the pull; of more
        than two labels all margins, and the slopes."""
        model, path, model_options, run_options = case
        path = os.path.join(self.folder, path)
        m = reference.new_model(model, reference.read(model, path), **model_options)

        class Shown(formats.Record):
            def see(self, what, k, argument):
                if what == "before":
                    if isinstance(m, reference.Classes):
                        margins = m.margins(m.rows[argument])
                        self.was = margins, m.slopes(margins, m.y[argument])
                    elif m.data.kind == 0:
                        dot = m.dot(m.rows[argument])
                        self.was = dot, m.pull(dot, m.y[argument], self.run["step"])
                    else:
                        dot = m.dot(*(m.x[b] for b in m.edges[argument]))
                        e = dot - m.data.samples[argument][2]
                        self.was = dot, round32((-2 * self.run["step"]) * e)
                super().see(what, k, argument)
                if what == "after":
                    after(self, argument, *self.was)

        return Shown(m, path, self.folder, **run_options)

    # --- arithmetic.md ----------------------------------------------------------------------------
    def decimals(self):
        rows = []
        for text, why in DECIMALS:
            refused = why is None
            rows.append([code(text), "refused" if refused else code(bits32(decimal32(text))),
                         "2¹²⁸ − 2¹⁰³ or more rounds to infinity" if refused else why])
        return "### 15.1 Decimal to binary32\n\n" + table(["text", "binary32", "why"], rows)

    def words(self):
        rows = []
        for of in ((0, 0, 0, 0), (2**64 - 1, LOW, LOW, 2**64 - 1),
                   (0x299F31D0A4093822, 0x03707344, 0x13198A2E, 0x85A308D3243F6A88),
                   (1, 0, 0, 0), (1, 0, 0, 1), (1, 0, 1, 0), (1, 1, 0, 0), (1, 1, 1, 0), (2**32 + 5, 0, 0, 0)):
            shown = [code("%0*x" % (width, v)) for v, width in zip(of, (16, 8, 8, 16))]
            rows.append(shown + [codes("%08x" % w for w in philox(*of))])
        return ("### 15.2 Random words\n\n"
                + table(["seed", "stream", "epoch", "index", "words 0, 1, 2, 3"], rows)
                + "\n\nThe first three rows are the published test vectors of the generator.\n\n"
                "below(3) rejects the word `00000000`: t = 2³² mod 3 = 1, and lo(0 × 3) = 0 is below t. "
                "The word\n`00000001` is taken: lo = 3, hi = 0.")

    def orders(self):
        words, pi, rows = Words(1, 0, 0), list(range(5)), [["", "", "", "", "0 1 2 3 4"]]
        for i in range(5, 1, -1):
            word = words.next()
            j = word * i >> 32
            pi[i - 1], pi[j] = pi[j], pi[i - 1]
            rows.append([str(i), code("%08x" % word), code("%016x" % (word * i)), str(j),
                         " ".join(map(str, pi))])
        assert pi == order("shuffle", 1, 5, 0)
        kinds = []
        for kind in ("shuffle", "reshuffle", "sequential", "replacement", "file"):
            pis = [order(kind, 1, 5, e, [4, 4, 0]) for e in (0, 1)]
            kinds.append([kind if kind != "file" else "`file:`, with the lines 4, 4, 0",
                          *(" ".join(map(str, pi)) for pi in pis),
                          code(xxh128(b"".join(map(formats.order_bytes, pis))))])
        return ("### 15.3 Orders of five samples, seed 1\n\nThe permutation from w(0):\n\n"
                + table(["i", "word", "word × i", "j = hi", "π"], rows).replace("| | | | | ", "| | | | | ")
                + "\n\n" + table(["order", "epoch 0", "epoch 1", "`order_hash` of both"], kinds))

    def functions(self):
        rows = [[repr(x), code(bits64(x)), code(bits64(exp(x))), code(bits64(log1p(x))) if 0 <= x <= 1 else ""]
                for x in (0.0, 0.5, 1.0, 2.0**-30, -1.0, 0.1, -20.5, 709.5, -745.0)]
        rounded = [[repr(x), code(bits64(x)), repr(coarse(x)), code(bits64(coarse(x)))]
                   for x in (1.0, 1.0624, 1.0625, 1.1875, 2.5, 17.31, 31.5, 0.1)]
        return ("### 15.4 exp, log1p and coarse\n\n"
                + table(["x", "bits of x", "bits of exp(x)", "bits of log1p(x)"], rows)
                + "\n\nFor exp(1): n = 1, r = " + code(bits64((1.0 - LN2H) - LN2L)) + ".\n\n"
                + table(["x", "bits of x", "coarse(x)", "bits of coarse(x)"], rounded))

    def completion(self):
        def shown(m):
            return [codes(map(bits32, m.block(b))) for b in range(4)]

        rows, infos = [], []

        def after(record, sample, dot, c):
            rows.append([f"after sample {sample}", *shown(record.m)])
            e = dot - record.m.data.samples[sample][2]
            infos.append([str(sample), code(bits32(dot)), code(bits64(e)), code(bits32(c))])

        begun = self.record((*COMPLETION[:3], dict(epochs=0)))
        rows.append(["initial", *shown(begun.m)])
        done = self.record(COMPLETION, after)
        facts, loss = done.facts(), done.losses[0]
        with_l2 = self.record(COMPLETION_L2)
        g = with_l2.m.g
        return (f"### 15.5 Three ratings, rank 2, one epoch\n\n```\n{THREE}```\n\n"
                "`train --model matrix-completion --rank 2 --epochs 1 --step 0.1 --seed 1`:\n"
                f"mean = 2.5 = {code(bits64(2.5))} = coarse(mean), start = {code(bits64(sqrt(2.5 / 2)))},\n"
                f"scatter = {code(bits64(0.1 / sqrt(2)))}. Blocks: 0 is user 1, 1 is user 2, 2 is item 10, 3 is item\n"
                "30. Parameters are binary32, e is binary64.\n\n"
                + table(["", "block 0", "block 1", "block 2", "block 3"], rows)
                + "\n\n" + table(["sample", "dot", "e", "c"], infos)
                + "\n\n" + table(["loss", "model hash", "order hash", "data hash"],
                                 [[f"{code(bits64(loss))} = {loss!r}", code(facts["model_hash"]),
                                   code(facts["order_hash"]), code(facts["data_hash"])]])
                + "\n\nWith `--l2 0.3` as well:\n\n"
                + table(["block", "d", "g = (2 × 0.3) / d", "round32(1 − 0.1 × g)"],
                        [[name, d, code(bits64(g[b])), code(bits32(round32(1 - 0.1 * g[b])))]
                         for name, d, b in (("0, 2", "2", 0), ("1, 3", "1", 3))])
                + "\n\nAfter the epoch:\n\n"
                + table(["block 0", "block 1", "block 2", "block 3", "loss", "model hash"],
                        [[*shown(with_l2.m), code(bits64(with_l2.losses[0])),
                          code(with_l2.facts()["model_hash"])]]))

    def walk(self, case):
        rows = []

        def after(record, sample, dot, c):
            rows.append([str(sample), code(bits64(dot)), code(bits64(c)), codes(map(bits32, record.m.w))])

        record = self.record(case, after)
        return record, table(["sample", "dot", "c", "w after the step"], rows)

    def svm(self):
        done, steps = self.walk(SVM)
        facts = done.facts()
        other = reference.read_rows(os.path.join(self.folder, "other.svm"))
        scores = []
        for row in other.samples:
            known = [(done.m.at.get(name), v) for name, v in row]
            a = [0.0] * 4
            for i, (b, v) in enumerate(known):
                a[i % 4] = a[i % 4] + (done.m.w[b] * v if b is not None else 0.0)
            scores.append(reference.tree(a))
        loss, accuracy, unseen = reference.evaluate(done.m, other)
        assert unseen == 2 and accuracy == 1 / 3
        return (f"### 15.6 Four rows, svm\n\n```\n{FOUR}```\n\n"
                "`train --model svm --epochs 1 --step 0.5 --seed 1`. Blocks 0, 1, 2, 3 are the features 1, 2, 3, 7; all\n"
                "weights are +0 at first.\n\n" + steps + "\n\n"
                + table(["loss", "model hash", "order hash", "data hash"],
                        [[code(bits64(done.losses[0])), code(facts["model_hash"]), code(facts["order_hash"]),
                          code(facts["data_hash"])]])
                + f"\n\nThis model evaluated on\n\n```\n{OTHER}```\n\nhas the scores "
                + ", ".join(code(bits64(s)) for s in scores) + ".\nThe predicted labels are −1, −1, +1. The loss is "
                f"{code(bits64(loss))}, the accuracy\n{code(bits64(accuracy))} (a third). 2 samples count as unseen: "
                "for feature 5, and for the label 2, which counts as\ny = −1.")

    def logistic(self):
        done, steps = self.walk(LOGISTIC)
        m = done.m
        return ("### 15.7 The same rows, logistic, with regularisation and bias\n\n"
                "`train --model logistic --epochs 1 --step 1 --l2 0.3 --bias --seed 1`. Block 4 is the bias, the last "
                "entry of\nevery row.\n\ng = (2 × 0.3) / d:\n\n"
                + table(["block", *"01234"], [["d", *"22324"], ["g", *(code(bits64(v)) for v in m.g)]])
                + "\n\n" + steps + "\n\n"
                + table(["term of sample 0", "1", "2", "3", "loss", "model hash"],
                        [[*(code(bits64(m.term(k))) for k in range(4)), code(bits64(done.losses[0])),
                          code(done.facts()["model_hash"])]])
                + "\n\nThe order and data hashes are those of 15.6.")

    def further(self):
        rows = []
        for case in FURTHER:
            done = self.record(case)
            words = " ".join(["--model", case[0], *options_of(*case[2:])])
            rows.append([code(words), code(bits64(done.run["step"])), code(bits64(done.losses[-1])),
                         code(done.facts()["model_hash"])])
        return ("### 15.8 Defaults and further hashes\n\n"
                + table(["command", "step", "loss of the last epoch", "model hash"], rows)
                + "\n\nThe linear models are trained on the rows of 15.6, matrix completion on the ratings of 15.5, for "
                "10\nepochs each.")

    def generated(self):
        shown = {"ratings": [next(g) for g in [generate.ratings(2, 1, 20000, 5000, 8, 0.5, 0.5)] for _ in "12"],
                 "linear": [next(generate.linear(1, 1, 50000, 20, 1, 0.05))],
                 "graph": [next(g) for g in [generate.graph(10**6, 1, 10**5, 0.5)] for _ in "12"]}
        return ("### 15.9 Generated data\n\nThe first lines of each kind, with the default options:\n\n"
                + "\n\n".join(f"`sequent generate {kind}`:\n\n```\n{''.join(lines)}```" for kind, lines in shown.items()))

    def classes(self):
        rows = []

        def after(record, sample, margins, slopes):
            rows.append([str(sample), codes(map(bits64, margins)), codes(map(bits64, slopes)),
                         "<br>".join(codes(map(bits32, record.m.block(b))) for b in range(3))])

        done = self.record(CLASSES, after)
        m, facts = done.m, done.facts()
        other = reference.read_rows(os.path.join(self.folder, "other_labels.svm"))
        loss, accuracy, unseen = reference.evaluate(m, other)
        assert m.label == [-1.5, 3.0, 7.0] and accuracy == 0.5 and unseen == 1
        svm = self.record(CLASSES_SVM)
        return (f"### 15.10 Three labels\n\n```\n{LABELS}```\n\n"
                "`train --model logistic --epochs 1 --step 1 --seed 1`. Classes 0, 1, 2 are the labels −1.5, 3, 7; blocks "
                "0, 1, 2 are\nthe features 1, 2, 9. All weights are +0 at first. After a step, a line for each block:\n\n"
                + table(["sample", "m", "d", "w after the step"], rows) + "\n\n"
                + table(["loss", "model hash", "order hash", "data hash"],
                        [[code(bits64(done.losses[0])), code(facts["model_hash"]), code(facts["order_hash"]),
                          code(facts["data_hash"])]])
                + f"\n\nThis model evaluated on\n\n```\n{OTHER_LABELS}```\n\nhas the scores "
                + ", ".join(codes(map(bits64, m.scores(row))) for row in other.samples)
                + f".\nThe loss is {code(bits64(loss))}, the accuracy 0.5. 1 sample counts as unseen: for the label 4, which "
                "counts\nas class 0.\n\n`--model svm --bias --l2 0.3 --epochs 1 --step 0.5` on the same rows: loss "
                f"{code(bits64(svm.losses[0]))}, model hash\n{code(svm.facts()['model_hash'])}.")

    # --- formats.md -------------------------------------------------------------------------------
    @staticmethod
    def dump(parts, closing=None):
        """parts: bytes and what they are; … stands for bytes not shown."""
        width = max(48, *(3 * len(b) + 1 for b, _ in parts if len(b) < 30))
        lines = []
        for b, what in parts:
            shown = b.hex(" ") if len(b) < 30 else b[:4].hex(" ") + " … " + b[-4:].hex(" ")
            lines.append(f"{shown:<{width}}{what}")
        return "```\n" + "\n".join(lines) + "\n```" + (f"\n\n{code(closing)}" if closing else "")

    @staticmethod
    def cut(content, cuts):
        parts, at = [], 0
        for size, what in cuts:
            parts.append((content[at:at + size], what))
            at += size
        assert at == len(content)
        return parts

    def hashes(self):
        mc, svm = self.record(COMPLETION).m, self.record(SVM).m
        rows = [(8, "row of " + name) for name in ("user 1", "user 2", "item 10", "item 30")]
        content = formats.model_bytes(mc)
        yield self.dump(self.cut(content, [
            (8, "side 0: 2 users"), (4, "width 2"), (8, "users 1, 2"), *rows[:2], (8, "side 1: 2 items"),
            (4, "width 2"), (8, "items 10, 30"), *rows[2:]]), xxh128(content))
        content = formats.model_bytes(svm)
        yield self.dump(self.cut(content, [
            (8, "side 0: 4 features"), (4, "width 1"), (16, "features 1, 2, 3, 7"), (16, "weights"),
            (8, "side 1: none"), (4, "width 1")]), xxh128(content))
        content = formats.data_bytes(mc.data)
        yield self.dump(self.cut(content, [
            (4, "ratings"), (8, "3 samples"), *((12, line) for line in THREE.splitlines())]), xxh128(content))
        content, cuts = formats.data_bytes(svm.data), [(4, "rows"), (8, "4 samples")]
        for words in map(str.split, FOUR.splitlines()):
            cuts += [(4, "label " + words[0]), (4, f"{len(words) - 1} entries")] + [(8, e) for e in words[1:]]
        yield self.dump(self.cut(content, cuts), xxh128(content))
        pis = [order("reshuffle", 1, 5, e) for e in (0, 1)]
        content = b"".join(map(formats.order_bytes, pis))
        yield self.dump(self.cut(content, [part for pi in pis for part in (
            (8, "5 steps"), (20, " ".join(map(str, pi))))]), xxh128(content))
        yield self.dump(self.cut(formats.model_file(mc), [
            (8, "sqmodel"), (4, "format 2"), (4, "arithmetic 1"), (4, "matrix-completion"), (4, "width 2"),
            (4, "no labels"), (4, "no layers"), (8, "mean 2.5"), (8, "keep 0"), (8, "2 users"), (8, "2 items"), (8, "users 1, 2"),
            (8, "items 10, 30"), *rows, (16, "checksum")]))

    def lock(self):
        done = self.record(COMPLETION)
        yield "```json\n" + done.lock().decode() + "```"
        now, initial = done.facts()["model_hash"], done.initial
        yield self.dump([(bytes.fromhex(initial), "initial_hash"), (bytes.fromhex(now), "the model after the epoch")],
                        done.chain[0])

    def trace(self):
        done = self.record(COMPLETION)
        content, text = done.trace(), len(formats.json_text(done.begun).encode())
        slots = [cut for k in done.pis[0] for cut in ((8, f"sample {k}: read"), (8, "written"))]
        yield self.dump(self.cut(content, [
            (8, "sqtrace"), (4, "format 1"), (4, f"{text} bytes of facts"), (text, "the facts"), (4, "ratings"),
            (8, "2 users"), (8, "users 1, 2"), (8, "2 items"), (8, "items 10, 30"), (8, "3 hyperedges"),
            (12, "of 2 blocks each"), (8, "sample 0: user 1, item 10"), (8, "sample 1: user 2, item 10"),
            (8, "sample 2: user 1, item 30"), (4, "an epoch"), (8, "step size 0.1"), (8, "3 steps"),
            (12, "order 0 1 2" if done.pis[0] == [0, 1, 2] else "order " + " ".join(map(str, done.pis[0]))),
            *slots, (4, "the end"), (16, "checksum")]))
        first = done.pis[0][0]
        begun = self.record((*COMPLETION[:3], dict(epochs=0))).m
        numbers = [v for b in begun.edges[first] for v in begun.block(b)]
        yield self.dump([(formats.f32(*numbers[:2]), "row of the user"), (formats.f32(*numbers[2:]), "row of the item")],
                        "%016x" % done.slots[0][0][0])

    def checkpoint(self):
        done = self.record(COMPLETION)
        content, text = formats.checkpoint(done, 1), len(formats.json_text(done.facts()).encode())
        rest = len(content) - 16 - text - 16 - 10 - 16
        yield self.dump(self.cut(content, [
            (8, "sqcheck"), (4, "format 2"), (4, f"{text} bytes of facts"), (text, "the facts"),
            (8, "1 epoch has ended"), (8, "step 0 is next"), (4, "6 bytes of mode"), (6, "serial"), (rest, "the model file of section 7, without its checksum"),
            (16, "checksum of all before")]))


def make(folder):
    """The parts of each page that are examples."""
    e = Examples(folder)
    return {"arithmetic.md": [e.decimals(), e.words(), e.orders(), e.functions(), e.completion(), e.svm(),
                              e.logistic(), e.further(), e.generated(), e.classes()],
            "formats.md": [*e.hashes(), *e.lock(), *e.trace(), *e.checkpoint()]}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for page, parts in make(place).items():
            if page in sys.argv[1:] or len(sys.argv) == 1:
                print("\n\n".join(parts))
