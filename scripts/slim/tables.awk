# Narrows the tables of character sets in go-ora's string_conversion_new.go.
# They are literals of 64-bit numbers, 12 MB of a program, though hardly one
# number needs more than 16 bits. The same numbers come back when a table is
# asked for; main.go beside this file proves it.
/^\t\t\t[A-Za-z0-9]+: *(\[\]int|map\[int\]int)\{$/ {
  head = $0; sub(/\[\]int\{$/, "widened", head); sub(/map\[int\]int\{$/, "paired", head)
  inside = 1; rows = 0; wide = 0; next
}
inside && /^\t\t\t\},$/ {
  print head "([]" (wide ? "int32" : "uint16") "{"
  for (i = 1; i <= rows; i++) print row[i]
  print "\t\t\t}),"
  inside = 0; next
}
inside {
  gsub(/:/, ","); count = split($0, number, /[ ,\t]+/)
  for (i = 1; i <= count; i++) if (number[i] + 0 > 65535 || number[i] + 0 < 0) wide = 1
  row[++rows] = $0; next
}
{ print }
END {
  print "\nfunc widened[N uint16 | int32](narrow []N) []int {\n\twide := make([]int, len(narrow))"
  print "\tfor i, n := range narrow {\n\t\twide[i] = int(n)\n\t}\n\treturn wide\n}\n"
  print "func paired[N uint16 | int32](narrow []N) map[int]int {\n\tpairs := make(map[int]int, len(narrow)/2)"
  print "\tfor i := 0; i+1 < len(narrow); i += 2 {\n\t\tpairs[int(narrow[i])] = int(narrow[i+1])\n\t}\n\treturn pairs\n}"
}
