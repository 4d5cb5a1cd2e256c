"""What a database driver raises, as facts that the rest of the project knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, TimeoutError

from app.domain.errors import StorageUnavailable


class UniqueViolation(Exception):
    """Another transaction stored the same thing first. Looking again finds it."""


_CUT_OFF = (psycopg.errors.IdleInTransactionSessionTimeout, psycopg.errors.TransactionTimeout)
"""Time limits of a server that end the connection; psycopg counts them as internal errors."""


@contextmanager
def translated() -> Iterator[None]:
    """The driver's own words stay in `__cause__` for the log: they can name hosts and users."""
    try:
        yield
    except IntegrityError as error:
        if not _is_unique_violation(error):
            raise
        raise UniqueViolation from error
    except TimeoutError as error:
        raise StorageUnavailable("all connections to the database are in use") from error
    except (OperationalError, InterfaceError) as error:
        raise StorageUnavailable("the database cannot be reached, is locked, or took too long") from error
    except psycopg.errors.UniqueViolation as error:
        # Straight from the driver, whose COPY SQLAlchemy does not know.
        raise UniqueViolation from error
    except (psycopg.OperationalError, *_CUT_OFF) as error:
        raise StorageUnavailable("the database cannot be reached, is locked, or took too long") from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise StorageUnavailable("the connection to the database was lost") from error


def _is_unique_violation(error: IntegrityError) -> bool:
    # SQLSTATE 23505 on PostgreSQL; SQLite has names instead.
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return state in {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
