"""What a person or a program says will be written: a form, as an automaton, and rules on the value.

Standard library only: web processes parse expectations, workers decode under them.
"""

from ml.expects.automaton import State
from ml.expects.expectation import CHECKS, Expectation, Kind
from ml.expects.parsing import InvalidExpectation, parse_expectation

__all__ = ["CHECKS", "Expectation", "InvalidExpectation", "Kind", "State", "parse_expectation"]
