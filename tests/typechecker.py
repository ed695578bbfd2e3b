"""The type checker that runs under pytest: beartype, with int accepted where float is meant (PEP 484's tower)."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
