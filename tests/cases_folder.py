"""Where the touchstones lie."""

import os
from pathlib import Path


def cases(name: str) -> Path:
    """`name` in the folder that XIAOHAO_CASES names, else in tests/data."""
    return Path(os.environ.get("XIAOHAO_CASES") or Path(__file__).parent / "data") / name
