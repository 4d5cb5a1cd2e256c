"""Runs in the rivals' environment: LitServe, which batches requests: one is one pair. python litserve_server.py FOLDER PORT"""

import sys

import litserve
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer


class Judge(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
        self.model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1]).eval()

    def decode_request(self, request: dict) -> list[str]:
        return request["pairs"][0]

    def predict(self, pairs: list[list[str]]) -> list[list[float]]:
        sentences, countries = zip(*pairs, strict=True)
        inputs = self.tokenizer(list(sentences), list(countries), padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            return self.model(**inputs).logits.softmax(-1).tolist()

    def encode_response(self, output: list[float]) -> dict:
        return {"probabilities": output}


if __name__ == "__main__":
    # The sizes of the example in LitServe's documentation on batching.
    api = Judge(max_batch_size=16, batch_timeout=0.05)
    litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=600).run(
        port=int(sys.argv[2]), host="127.0.0.1", generate_client_file=False, log_level="warning"
    )
