"""The transformer: passages, candidates, the engine, shared batches, and what their answers mean."""

import os

# Without torch, transformers announces at import that it can only tokenise. That is all it is asked to do here.
os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
