"""Runs the tests of a folder, with a line `ok - NAME` or `not ok - NAME` for each: unittest_lines.py FOLDER"""

import sys
import unittest


class Lines(unittest.TestResult):
    def addSuccess(self, test):
        print(f"ok - Python: {test.id()}", flush=True)

    def addSkip(self, test, reason):
        print(f"# skipped: {test.id()}: {reason}", flush=True)

    def _failed(self, test, error):
        print("".join(f"# {line}\n" for line in self._exc_info_to_string(error, test).splitlines()), end="")
        print(f"not ok - Python: {test.id()}", flush=True)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)


if __name__ == "__main__":
    result = Lines()
    unittest.defaultTestLoader.discover(sys.argv[1]).run(result)
    sys.exit(not result.wasSuccessful())
