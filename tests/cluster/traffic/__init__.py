"""Applications under policies: who reaches whom, tried by their own pods."""
