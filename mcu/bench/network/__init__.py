"""What people receive through a bad line: a stand of real processes, records of what was decoded, figures from them."""
