"""The bundled transformer behind the Annotator protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.domain.values import Annotation, ArticleText
from app.inference.batched import BatchedAnnotator, Options
from app.inference.cores import usable_cores
from app.inference.description import described
from app.inference.drafting import Draft, Drafter
from app.inference.encoding import Row, TextEncoder
from app.inference.engine import WIDTH, Engine, SpanLogits
from app.inference.gazetteer import Gazetteer
from app.inference.model_folder import InvalidModel, ModelFolder
from app.inference.packed import unpacked
from app.inference.reading import Reader


class TransformerAnnotator(BatchedAnnotator[Draft, Row, SpanLogits]):
    def __init__(
        self, model: str | Path, *, options: Options | None = None, on_death: Callable[[BaseException], None] = lambda error: None
    ) -> None:
        """Raises InvalidModel. Ready when it returns: one real inference has run."""
        chosen = options or Options()
        self.folder = ModelFolder.open(model)
        gazetteer = Gazetteer.load(self.folder.file("gazetteer.tsv"))
        self.encoder = TextEncoder(self.folder.file("tokenizer.json"), max_tokens=self.folder.config.max_tokens)
        topics = self.folder.config.topics
        self.drafter = Drafter(gazetteer, self.encoder, topics=topics.most if topics else 0)
        self._reader = Reader(self.folder, gazetteer)
        engine = _engine(self.folder)
        self.tells_relations, self.makes_vectors = engine.tells_relations, engine.makes_vectors
        super().__init__(
            engine.run,
            description=described(self.folder),
            gazetteer=gazetteer,
            options=chosen,
            threads=chosen.threads or usable_cores(),
            on_death=on_death,
        )
        self._warm_up()

    def drafted(self, text: ArticleText, *, language: str, targets: Sequence[str]) -> Draft:
        return self.drafter.draft(text, language=language, targets=targets)

    def rows(self, draft: Draft) -> Sequence[Row]:
        return draft.rows

    def annotation(self, draft: Draft, outputs: Sequence[SpanLogits]) -> Annotation:
        return self._reader.annotation(draft, outputs)

    async def vector(self, sentence: str, *, bulk: bool = False) -> bytes | None:
        """What `Annotation.vectors` are of its passages, of a sentence alone: 64 whole numbers, of its first passage if it is
        longer than one. None where the model makes none. Raises as `annotate` does.
        """
        found = (await self.annotate(ArticleText(sentence), language="und", bulk=bulk)).vectors
        return found and found[:WIDTH]


def _engine(folder: ModelFolder) -> Engine:
    """Raises InvalidModel."""
    try:
        with unpacked(folder.path) as graph:
            return Engine(graph)
    except (OSError, ValueError) as error:
        raise InvalidModel(f"{folder.path}: the weights cannot be unpacked: {error}") from error
