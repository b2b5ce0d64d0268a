"""How far the product is from what is physically possible, and from what one would use instead."""

import tests.harness.environment  # noqa: F401  (the environment that handlers are imported in)
