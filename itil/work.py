"""The unit of work, as handlers that ask for `work` name its type."""

from engine.store.unit_of_work import UnitOfWork as Work

__all__ = ["Work"]
