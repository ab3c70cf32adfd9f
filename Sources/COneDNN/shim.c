// Nothing is compiled here but what the header says: as a target with a source of its own, this one hands the path of
// oneDNN's headers on to all that depend on it, in this package and outside.
#include "shim.h"
