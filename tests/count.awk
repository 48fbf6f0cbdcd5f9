# Sums up what test runners said: ctest's totals, and lines 'N passed, N failed'. Prints both sums.
# SPDX-License-Identifier: Apache-2.0
/tests passed, [0-9]+ tests failed out of [0-9]+/ { bad += $4; good += $NF - $4 }
/^[0-9]+ passed, [0-9]+ failed$/ { good += $1; bad += $3 }
END { print good + 0, bad + 0 }
