"""The transformer: passages, candidates, the engine, shared batches, and what their answers mean."""

import os

# A service that reads other people's articles reports to nobody. onnxruntime looks at this when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# Without torch, transformers announces at import that it can only tokenise. That is all it is asked to do here.
os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
