"""The launcher makes every correction that there is."""

import importlib
import pkgutil

from accelerator import corrections
from accelerator.ministack_launcher import CORRECTIONS


def test_every_correction_is_made_once() -> None:
    modules = [
        importlib.import_module(f"{corrections.__name__}.{each.name}")
        for each in pkgutil.iter_modules(corrections.__path__)
    ]
    there_are = [
        function
        for module in modules
        for name, function in vars(module).items()
        if name.startswith("correct_") and function.__module__ == module.__name__
    ]
    assert len(CORRECTIONS) == len(there_are)
    assert set(CORRECTIONS) == set(there_are)


def test_a_handle_is_looked_at_and_used_in_one_go() -> None:
    """The lock is put around what refuses stale handles, not the other way round."""
    names = [correct.__name__ for correct in CORRECTIONS]
    assert names.index("correct_stale_handles") < names.index("correct_lost_messages")
