//! Where objects come from: files, folders, standard input, URLs, kustomizations; and the safe way back into a file.
