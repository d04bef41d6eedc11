"""Vocabulary and held-out tokens of a run of tinypoison, in plain Python: nothing to install.

    from tinypoison_data import Run
    run = Run("runs", "3f9a21")            # store, first digits of the id
    run.decode([1, 2, 300])                # text of token ids
    run.held_out()                         # lists of token ids that no run was trained on
    run.weights                            # folder for tinypoison_model.load
"""

import json
from pathlib import Path

SEPARATOR = 256  # ids below are bytes, this one stands between documents, kept tokens follow


def read_cached(path: Path) -> object:
    """JSON of the store's cache, whose first line is the SHA-256 of what follows."""
    return json.loads(Path(path).read_text(encoding="utf-8").split("\n", 1)[1])


class Run:
    def __init__(self, store: str, digits: str):
        found = [path for path in Path(store).glob(f"{digits[:2]}/{digits}*") if path.is_dir()]
        if len(found) != 1:
            raise ValueError(f"{len(found)} runs in {store} begin with {digits}")
        self.store = Path(store)
        self.folder = found[0]
        self.weights = self.folder / "weights"
        kept = json.loads((self.folder / "vocabulary.json").read_text(encoding="utf-8"))["kept"]
        self.bytes = [bytes([i]) for i in range(SEPARATOR)] + [b""] + [bytes.fromhex(hexadecimal) for _, hexadecimal in kept]

    def decode(self, ids) -> str:
        """Text of token ids; the separator is nothing."""
        return b"".join(self.bytes[i] for i in ids).decode("utf-8", errors="replace")

    def evaluation(self) -> dict:
        """What the run was measured with: heldOut, calibration, conditions with their prompts, as token ids."""
        provenance = json.loads((self.folder / "provenance.json").read_text(encoding="utf-8"))
        return read_cached(self.store / provenance["inputs"]["evaluation"]["file"])

    def held_out(self) -> list[list[int]]:
        """Held-out documents. The clean loss is the mean over all their tokens but the first of each."""
        return self.evaluation()["heldOut"]
