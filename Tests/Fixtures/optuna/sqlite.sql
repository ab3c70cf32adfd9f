BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'from-python');
INSERT INTO "studies" VALUES(2,'minimising');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MAXIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MINIMIZE',2,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,1,'tpsnet:study','{"space": ["\u00e9", 1]}');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,1,0.11,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,2,2.10000000000000019984e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,1,4,4.10000000000000031086e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,2,1,0.27,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,2,2,0.37,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,2,4,5.70000000000000062172e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,3,1,0.23,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,4,1,0.33,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,4,2,4.30000000000000048849e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,4,4,0.63,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,5,1,0.13,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,6,1,0.37,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(13,6,2,4.70000000000000028865e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,6,4,0.67,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,7,1,0.13,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,8,1,0.31,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,8,2,4.10000000000000031086e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,10,0,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(19,10,1,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(20,10,2,NULL,'INF_NEG');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'x',4.65680463791956554368e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(2,1,'step',0.75,'{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(3,1,'layers[0].blocks',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO "trial_params" VALUES(4,1,'choice',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO "trial_params" VALUES(5,2,'x',2.41125370614757544678e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(6,2,'step',0.25,'{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(7,2,'layers[0].blocks',17.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO "trial_params" VALUES(8,2,'choice',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO "trial_params" VALUES(9,3,'x',1.28691651078150220022e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(10,3,'step',0.75,'{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(11,3,'layers[0].blocks',13.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO "trial_params" VALUES(12,3,'choice',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO "trial_params" VALUES(13,4,'x',0.0746528346269155,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(14,4,'step',0.25,'{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(15,4,'layers[0].blocks',23.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO "trial_params" VALUES(16,4,'choice',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO "trial_params" VALUES(17,5,'x',4.77883106585769851237e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(18,5,'step',1.0,'{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(19,5,'layers[0].blocks',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO "trial_params" VALUES(20,5,'choice',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO "trial_params" VALUES(21,6,'x',1.82836342098445324812e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(22,6,'step',0.75,'{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(23,6,'layers[0].blocks',27.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO "trial_params" VALUES(24,6,'choice',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO "trial_params" VALUES(25,7,'x',1.32365854694154870974e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(26,7,'step',0.75,'{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(27,7,'layers[0].blocks',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO "trial_params" VALUES(28,7,'choice',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO "trial_params" VALUES(29,8,'x',3.31218273062551e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(30,8,'step',0.0,'{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(31,8,'layers[0].blocks',21.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO "trial_params" VALUES(32,8,'choice',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,1,'completed_rung_0','0.11');
INSERT INTO "trial_system_attributes" VALUES(2,1,'completed_rung_1','0.21000000000000002');
INSERT INTO "trial_system_attributes" VALUES(3,1,'completed_rung_2','0.41000000000000003');
INSERT INTO "trial_system_attributes" VALUES(4,2,'completed_rung_0','0.27');
INSERT INTO "trial_system_attributes" VALUES(5,2,'completed_rung_1','0.37');
INSERT INTO "trial_system_attributes" VALUES(6,2,'completed_rung_2','0.5700000000000001');
INSERT INTO "trial_system_attributes" VALUES(7,3,'completed_rung_0','0.23');
INSERT INTO "trial_system_attributes" VALUES(8,4,'completed_rung_0','0.33');
INSERT INTO "trial_system_attributes" VALUES(9,4,'completed_rung_1','0.43000000000000005');
INSERT INTO "trial_system_attributes" VALUES(10,4,'completed_rung_2','0.63');
INSERT INTO "trial_system_attributes" VALUES(11,5,'completed_rung_0','0.13');
INSERT INTO "trial_system_attributes" VALUES(12,6,'completed_rung_0','0.37');
INSERT INTO "trial_system_attributes" VALUES(13,6,'completed_rung_1','0.47000000000000003');
INSERT INTO "trial_system_attributes" VALUES(14,6,'completed_rung_2','0.67');
INSERT INTO "trial_system_attributes" VALUES(15,7,'completed_rung_0','0.13');
INSERT INTO "trial_system_attributes" VALUES(16,8,'completed_rung_0','0.31');
INSERT INTO "trial_system_attributes" VALUES(17,8,'completed_rung_1','0.41000000000000003');
INSERT INTO "trial_system_attributes" VALUES(18,11,'fixed_params','{"x": 0.01, "choice": "\u00e9\ud83d\ude00"}');
INSERT INTO "trial_system_attributes" VALUES(19,12,'fixed_params','{"x": 0.02}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,11,'why','"a guess"');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,3.75046568046379213967e+00,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,2.12502411253706142697e+01,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,0.23,'FINITE');
INSERT INTO "trial_values" VALUES(4,4,0,2.43246528346269172979e+01,'FINITE');
INSERT INTO "trial_values" VALUES(5,5,0,0.13,'FINITE');
INSERT INTO "trial_values" VALUES(6,6,0,30.7501828363421,'FINITE');
INSERT INTO "trial_values" VALUES(7,7,0,0.13,'FINITE');
INSERT INTO "trial_values" VALUES(8,8,0,4.10000000000000031086e-01,'FINITE');
INSERT INTO "trial_values" VALUES(9,10,0,NULL,'INF_NEG');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-25 19:51:15.811204','2026-11-25 19:51:19.760709');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-25 19:51:20.219654','2026-11-25 19:51:23.628636');
INSERT INTO "trials" VALUES(3,2,1,'PRUNED','2026-11-25 19:51:24.067558','2026-11-25 19:51:25.715792');
INSERT INTO "trials" VALUES(4,3,1,'COMPLETE','2026-11-25 19:51:26.244990','2026-11-25 19:51:29.508266');
INSERT INTO "trials" VALUES(5,4,1,'PRUNED','2026-11-25 19:51:29.983230','2026-11-25 19:51:32.095927');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-11-25 19:51:32.523405','2026-11-25 19:51:36.304474');
INSERT INTO "trials" VALUES(7,6,1,'PRUNED','2026-11-25 19:51:36.709506','2026-11-25 19:51:38.988055');
INSERT INTO "trials" VALUES(8,7,1,'PRUNED','2026-11-25 19:51:39.329318','2026-11-25 19:51:42.589524');
INSERT INTO "trials" VALUES(9,8,1,'FAIL','2026-11-25 19:51:43.068868','2026-11-25 19:51:43.410095');
INSERT INTO "trials" VALUES(10,9,1,'COMPLETE','2026-11-25 19:51:43.772887','2026-11-25 19:51:44.690487');
INSERT INTO "trials" VALUES(11,10,1,'WAITING',NULL,NULL);
INSERT INTO "trials" VALUES(12,11,1,'WAITING',NULL,NULL);
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;
