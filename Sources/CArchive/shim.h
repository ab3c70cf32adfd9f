// libarchive, read side: tar.gz of CIFAR-10 and the gzip files of Fashion-MNIST.
#include <archive.h>
#include <archive_entry.h>
