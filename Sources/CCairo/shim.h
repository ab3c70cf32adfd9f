// Cairo: text extents, PNG images and PDF pages of figures.
#include <cairo/cairo.h>
#include <cairo/cairo-pdf.h>
