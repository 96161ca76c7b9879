# Prints the failed tests in reports, each with the first lines of its message: awk -v most=40 -f deploy/failed-tests.awk FILE…
# The reports are those of `dotnet test` (.trx, and the Sequence_*.xml of a run that hung or crashed), of Vitest (JUnit, .xml) and of Node (.tap).
# Prints at most `most` lines. The last one then says how many more tests failed.

BEGIN { shown_lines = 4 } # of each message

function attribute(name) {
  return match($0, " " name "=\"[^\"]*\"") ? plain(substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)) : ""
}

function plain(text) {
  gsub(/&#x[dDaA];|&#1[03];/, " ", text)
  gsub(/&lt;/, "<", text)
  gsub(/&gt;/, ">", text)
  gsub(/&quot;/, "\"", text)
  gsub(/&apos;|&#39;/, "'", text)
  gsub(/&amp;/, "\\&", text)
  return text
}

function print_test(name) {
  tests++
  add("  " name)
  names[count] = 1
  left = shown_lines
}

function print_message(text) {
  gsub(/^[ \t]+|[ \t\r]+$/, "", text)
  if (text == "" || left == 0) return
  left--
  add("      " text)
}

function add(line) { lines[++count] = substr(line, 1, 300) }

FNR == 1 { in_message = in_tag = is_failed = 0; is_tap = /^TAP / }

# .trx
/<UnitTestResult / { name = attribute("testName"); is_failed = /outcome="(Failed|Error|Timeout|Aborted)"/; if (is_failed) print_test(name) }
is_failed && /<Message>/ { in_message = 1; sub(/.*<Message>/, "") }
/<\/UnitTestResult>/ { is_failed = 0 }

# Sequence_*.xml
/<Test .*Completed="False"/ { print_test(attribute("Name")); print_message("did not finish") }

# JUnit. The attribute with the message may have several lines; the element has all of it.
/<testcase / { file = attribute("classname"); name = attribute("name") }
/<(failure|error) / { print_test(file " > " name); in_tag = 1; sub(/.*<(failure|error) /, "") }
in_tag && />/ { in_tag = 0; in_message = 1; sub(/[^>]*>/, "") }

# .tap
/^ *(not )?ok / {
  is_failed = /^ *not ok / && !/ # (TODO|SKIP)/
  name = $0
  sub(/^ *not ok [0-9]+ - /, "", name)
  in_message = 0
}
# A test whose only failure is that of a test inside it.
/^ *failureType: 'subtestsFailed'/ { is_failed = 0 }
is_failed && /^ *error: / {
  print_test(name)
  in_message = 1
  sub(/^ *error: /, "")
  if ($0 ~ /^[|>]-?$/) next
  gsub(/^'|'$/, "")
  print_message($0)
  in_message = 0
}
is_tap && /^ *(code|name|expected|actual|operator|stack|\.\.)[:.]/ { in_message = 0 }

in_message {
  ends = /<\/(Message|failure|error)>/
  sub(/<\/(Message|failure|error)>.*/, "")
  print_message(plain($0))
  if (ends) in_message = 0
}

END {
  shown = count > most ? most - 1 : count
  for (i = 1; i <= shown; i++) {
    print lines[i]
    tests -= names[i]
  }
  if (count > most) print (tests > 0 ? "  … and " tests " more" : "  …")
}
