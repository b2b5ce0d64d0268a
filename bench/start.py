"""One cold start in a fresh process: `python -I -S start.py` with the arm as JSON in $ARM.

Prints `{"modules", "peakMb"}`. Imports nothing itself that an arm is measured with.
"""

import os
import sys

path, module, code, given, libraries = os.environ["ARM"].split("\x1f")
sys.path[:0] = [folder for folder in (path, libraries) if folder]
if code:
    exec(code)
if module:
    import importlib
    import json

    answer = importlib.import_module(module).handler(json.loads(given), None)
    assert isinstance(answer, dict)
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
for name, loaded in list(sys.modules.items()):
    spec = getattr(loaded, "__spec__", None)
    cached, origin = getattr(spec, "cached", None), getattr(spec, "origin", None) or ""
    if path and cached and origin.startswith((path, libraries or path)):
        assert os.path.exists(cached), f"{name} was compiled for this start"
print(f'{{"modules": {len(sys.modules)}, "peakMb": {peak}}}', file=sys.stderr)
