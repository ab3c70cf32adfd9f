#include "image_codecs.h"
void tpsnet_placeholder(void) {}
