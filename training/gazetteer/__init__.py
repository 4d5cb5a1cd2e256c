"""Builds the gazetteer: `python -m training.gazetteer.build`."""
