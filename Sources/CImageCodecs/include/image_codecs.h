void tpsnet_placeholder(void);
