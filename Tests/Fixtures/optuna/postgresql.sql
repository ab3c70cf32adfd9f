CREATE TYPE public.studydirection AS ENUM (
    'NOT_SET',
    'MINIMIZE',
    'MAXIMIZE'
);
CREATE TYPE public.trialintermediatevaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG',
    'NAN'
);
CREATE TYPE public.trialstate AS ENUM (
    'RUNNING',
    'COMPLETE',
    'PRUNED',
    'FAIL',
    'WAITING'
);
CREATE TYPE public.trialvaluetype AS ENUM (
    'FINITE',
    'INF_POS',
    'INF_NEG'
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.studies (
    study_id integer NOT NULL,
    study_name character varying(512) NOT NULL
);
CREATE SEQUENCE public.studies_study_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.studies_study_id_seq OWNED BY public.studies.study_id;
CREATE TABLE public.study_directions (
    study_direction_id integer NOT NULL,
    direction public.studydirection NOT NULL,
    study_id integer NOT NULL,
    objective integer NOT NULL
);
CREATE SEQUENCE public.study_directions_study_direction_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_directions_study_direction_id_seq OWNED BY public.study_directions.study_direction_id;
CREATE TABLE public.study_system_attributes (
    study_system_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.study_system_attributes_study_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_system_attributes_study_system_attribute_id_seq OWNED BY public.study_system_attributes.study_system_attribute_id;
CREATE TABLE public.study_user_attributes (
    study_user_attribute_id integer NOT NULL,
    study_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.study_user_attributes_study_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.study_user_attributes_study_user_attribute_id_seq OWNED BY public.study_user_attributes.study_user_attribute_id;
CREATE TABLE public.trial_heartbeats (
    trial_heartbeat_id integer NOT NULL,
    trial_id integer NOT NULL,
    heartbeat timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.trial_heartbeats_trial_heartbeat_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_heartbeats_trial_heartbeat_id_seq OWNED BY public.trial_heartbeats.trial_heartbeat_id;
CREATE TABLE public.trial_intermediate_values (
    trial_intermediate_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    step integer NOT NULL,
    intermediate_value double precision,
    intermediate_value_type public.trialintermediatevaluetype NOT NULL
);
CREATE SEQUENCE public.trial_intermediate_values_trial_intermediate_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_intermediate_values_trial_intermediate_value_id_seq OWNED BY public.trial_intermediate_values.trial_intermediate_value_id;
CREATE TABLE public.trial_params (
    param_id integer NOT NULL,
    trial_id integer,
    param_name character varying(512),
    param_value double precision,
    distribution_json text
);
CREATE SEQUENCE public.trial_params_param_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_params_param_id_seq OWNED BY public.trial_params.param_id;
CREATE TABLE public.trial_system_attributes (
    trial_system_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.trial_system_attributes_trial_system_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_system_attributes_trial_system_attribute_id_seq OWNED BY public.trial_system_attributes.trial_system_attribute_id;
CREATE TABLE public.trial_user_attributes (
    trial_user_attribute_id integer NOT NULL,
    trial_id integer,
    key character varying(512),
    value_json text
);
CREATE SEQUENCE public.trial_user_attributes_trial_user_attribute_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_user_attributes_trial_user_attribute_id_seq OWNED BY public.trial_user_attributes.trial_user_attribute_id;
CREATE TABLE public.trial_values (
    trial_value_id integer NOT NULL,
    trial_id integer NOT NULL,
    objective integer NOT NULL,
    value double precision,
    value_type public.trialvaluetype NOT NULL
);
CREATE SEQUENCE public.trial_values_trial_value_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trial_values_trial_value_id_seq OWNED BY public.trial_values.trial_value_id;
CREATE TABLE public.trials (
    trial_id integer NOT NULL,
    number integer,
    study_id integer,
    state public.trialstate NOT NULL,
    datetime_start timestamp without time zone,
    datetime_complete timestamp without time zone
);
CREATE SEQUENCE public.trials_trial_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trials_trial_id_seq OWNED BY public.trials.trial_id;
CREATE TABLE public.version_info (
    version_info_id integer NOT NULL,
    schema_version integer,
    library_version character varying(256),
    CONSTRAINT version_info_version_info_id_check CHECK ((version_info_id = 1))
);
ALTER TABLE ONLY public.studies ALTER COLUMN study_id SET DEFAULT nextval('public.studies_study_id_seq'::regclass);
ALTER TABLE ONLY public.study_directions ALTER COLUMN study_direction_id SET DEFAULT nextval('public.study_directions_study_direction_id_seq'::regclass);
ALTER TABLE ONLY public.study_system_attributes ALTER COLUMN study_system_attribute_id SET DEFAULT nextval('public.study_system_attributes_study_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.study_user_attributes ALTER COLUMN study_user_attribute_id SET DEFAULT nextval('public.study_user_attributes_study_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_heartbeats ALTER COLUMN trial_heartbeat_id SET DEFAULT nextval('public.trial_heartbeats_trial_heartbeat_id_seq'::regclass);
ALTER TABLE ONLY public.trial_intermediate_values ALTER COLUMN trial_intermediate_value_id SET DEFAULT nextval('public.trial_intermediate_values_trial_intermediate_value_id_seq'::regclass);
ALTER TABLE ONLY public.trial_params ALTER COLUMN param_id SET DEFAULT nextval('public.trial_params_param_id_seq'::regclass);
ALTER TABLE ONLY public.trial_system_attributes ALTER COLUMN trial_system_attribute_id SET DEFAULT nextval('public.trial_system_attributes_trial_system_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_user_attributes ALTER COLUMN trial_user_attribute_id SET DEFAULT nextval('public.trial_user_attributes_trial_user_attribute_id_seq'::regclass);
ALTER TABLE ONLY public.trial_values ALTER COLUMN trial_value_id SET DEFAULT nextval('public.trial_values_trial_value_id_seq'::regclass);
ALTER TABLE ONLY public.trials ALTER COLUMN trial_id SET DEFAULT nextval('public.trials_trial_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('v3.2.0.a');
INSERT INTO public.studies VALUES (1, 'from-python');
INSERT INTO public.studies VALUES (2, 'minimising');
INSERT INTO public.study_directions VALUES (1, 'MAXIMIZE', 1, 0);
INSERT INTO public.study_directions VALUES (2, 'MINIMIZE', 2, 0);
INSERT INTO public.study_user_attributes VALUES (1, 1, 'tpsnet:study', '{"space": ["\u00e9", 1]}');
INSERT INTO public.trial_intermediate_values VALUES (1, 1, 1, 0.11, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (2, 1, 2, 0.21000000000000002, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (3, 1, 4, 0.41000000000000003, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (4, 2, 1, 0.27, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (5, 2, 2, 0.37, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (6, 2, 4, 0.5700000000000001, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (7, 3, 1, 0.23, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (8, 4, 1, 0.33, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (9, 4, 2, 0.43000000000000005, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (10, 4, 4, 0.63, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (11, 5, 1, 0.13, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (12, 6, 1, 0.37, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (13, 6, 2, 0.47000000000000003, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (14, 6, 4, 0.67, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (15, 7, 1, 0.13, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (16, 8, 1, 0.31, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (17, 8, 2, 0.41000000000000003, 'FINITE');
INSERT INTO public.trial_intermediate_values VALUES (18, 10, 0, NULL, 'NAN');
INSERT INTO public.trial_intermediate_values VALUES (19, 10, 1, NULL, 'INF_POS');
INSERT INTO public.trial_intermediate_values VALUES (20, 10, 2, NULL, 'INF_NEG');
INSERT INTO public.trial_params VALUES (1, 1, 'x', 0.00046568046379195655, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO public.trial_params VALUES (2, 1, 'step', 0.75, '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO public.trial_params VALUES (3, 1, 'layers[0].blocks', 1, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO public.trial_params VALUES (4, 1, 'choice', 0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO public.trial_params VALUES (5, 2, 'x', 0.00024112537061475754, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO public.trial_params VALUES (6, 2, 'step', 0.25, '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO public.trial_params VALUES (7, 2, 'layers[0].blocks', 17, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO public.trial_params VALUES (8, 2, 'choice', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO public.trial_params VALUES (9, 3, 'x', 1.2869165107815022e-05, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO public.trial_params VALUES (10, 3, 'step', 0.75, '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO public.trial_params VALUES (11, 3, 'layers[0].blocks', 13, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO public.trial_params VALUES (12, 3, 'choice', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO public.trial_params VALUES (13, 4, 'x', 0.0746528346269155, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO public.trial_params VALUES (14, 4, 'step', 0.25, '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO public.trial_params VALUES (15, 4, 'layers[0].blocks', 23, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO public.trial_params VALUES (16, 4, 'choice', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO public.trial_params VALUES (17, 5, 'x', 4.7788310658576985e-05, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO public.trial_params VALUES (18, 5, 'step', 1, '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO public.trial_params VALUES (19, 5, 'layers[0].blocks', 3, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO public.trial_params VALUES (20, 5, 'choice', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO public.trial_params VALUES (21, 6, 'x', 0.00018283634209844532, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO public.trial_params VALUES (22, 6, 'step', 0.75, '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO public.trial_params VALUES (23, 6, 'layers[0].blocks', 27, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO public.trial_params VALUES (24, 6, 'choice', 2, '{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO public.trial_params VALUES (25, 7, 'x', 0.00013236585469415487, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO public.trial_params VALUES (26, 7, 'step', 0.75, '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO public.trial_params VALUES (27, 7, 'layers[0].blocks', 3, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO public.trial_params VALUES (28, 7, 'choice', 1, '{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO public.trial_params VALUES (29, 8, 'x', 3.31218273062551e-05, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO public.trial_params VALUES (30, 8, 'step', 0, '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO public.trial_params VALUES (31, 8, 'layers[0].blocks', 21, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 31}}');
INSERT INTO public.trial_params VALUES (32, 8, 'choice', 2, '{"name": "CategoricalDistribution", "attributes": {"choices": ["\u00e9\ud83d\ude00", 1, 1.5, true]}}');
INSERT INTO public.trial_system_attributes VALUES (1, 1, 'completed_rung_0', '0.11');
INSERT INTO public.trial_system_attributes VALUES (2, 1, 'completed_rung_1', '0.21000000000000002');
INSERT INTO public.trial_system_attributes VALUES (3, 1, 'completed_rung_2', '0.41000000000000003');
INSERT INTO public.trial_system_attributes VALUES (4, 2, 'completed_rung_0', '0.27');
INSERT INTO public.trial_system_attributes VALUES (5, 2, 'completed_rung_1', '0.37');
INSERT INTO public.trial_system_attributes VALUES (6, 2, 'completed_rung_2', '0.5700000000000001');
INSERT INTO public.trial_system_attributes VALUES (7, 3, 'completed_rung_0', '0.23');
INSERT INTO public.trial_system_attributes VALUES (8, 4, 'completed_rung_0', '0.33');
INSERT INTO public.trial_system_attributes VALUES (9, 4, 'completed_rung_1', '0.43000000000000005');
INSERT INTO public.trial_system_attributes VALUES (10, 4, 'completed_rung_2', '0.63');
INSERT INTO public.trial_system_attributes VALUES (11, 5, 'completed_rung_0', '0.13');
INSERT INTO public.trial_system_attributes VALUES (12, 6, 'completed_rung_0', '0.37');
INSERT INTO public.trial_system_attributes VALUES (13, 6, 'completed_rung_1', '0.47000000000000003');
INSERT INTO public.trial_system_attributes VALUES (14, 6, 'completed_rung_2', '0.67');
INSERT INTO public.trial_system_attributes VALUES (15, 7, 'completed_rung_0', '0.13');
INSERT INTO public.trial_system_attributes VALUES (16, 8, 'completed_rung_0', '0.31');
INSERT INTO public.trial_system_attributes VALUES (17, 8, 'completed_rung_1', '0.41000000000000003');
INSERT INTO public.trial_system_attributes VALUES (18, 11, 'fixed_params', '{"x": 0.01, "choice": "\u00e9\ud83d\ude00"}');
INSERT INTO public.trial_system_attributes VALUES (19, 12, 'fixed_params', '{"x": 0.02}');
INSERT INTO public.trial_user_attributes VALUES (1, 11, 'why', '"a guess"');
INSERT INTO public.trial_values VALUES (1, 1, 0, 3.750465680463792, 'FINITE');
INSERT INTO public.trial_values VALUES (2, 2, 0, 21.250241125370614, 'FINITE');
INSERT INTO public.trial_values VALUES (3, 3, 0, 0.23, 'FINITE');
INSERT INTO public.trial_values VALUES (4, 4, 0, 24.324652834626917, 'FINITE');
INSERT INTO public.trial_values VALUES (5, 5, 0, 0.13, 'FINITE');
INSERT INTO public.trial_values VALUES (6, 6, 0, 30.7501828363421, 'FINITE');
INSERT INTO public.trial_values VALUES (7, 7, 0, 0.13, 'FINITE');
INSERT INTO public.trial_values VALUES (8, 8, 0, 0.41000000000000003, 'FINITE');
INSERT INTO public.trial_values VALUES (9, 10, 0, NULL, 'INF_NEG');
INSERT INTO public.trials VALUES (1, 0, 1, 'COMPLETE', '2026-11-25 19:51:56.466489', '2026-11-25 19:52:01.947033');
INSERT INTO public.trials VALUES (2, 1, 1, 'COMPLETE', '2026-11-25 19:52:02.483773', '2026-11-25 19:52:06.412314');
INSERT INTO public.trials VALUES (3, 2, 1, 'PRUNED', '2026-11-25 19:52:07.078748', '2026-11-25 19:52:09.405386');
INSERT INTO public.trials VALUES (4, 3, 1, 'COMPLETE', '2026-11-25 19:52:09.838409', '2026-11-25 19:52:13.186467');
INSERT INTO public.trials VALUES (5, 4, 1, 'PRUNED', '2026-11-25 19:52:13.855212', '2026-11-25 19:52:15.802529');
INSERT INTO public.trials VALUES (6, 5, 1, 'COMPLETE', '2026-11-25 19:52:16.381949', '2026-11-25 19:52:20.114489');
INSERT INTO public.trials VALUES (7, 6, 1, 'PRUNED', '2026-11-25 19:52:20.566873', '2026-11-25 19:52:22.694448');
INSERT INTO public.trials VALUES (8, 7, 1, 'PRUNED', '2026-11-25 19:52:23.299109', '2026-11-25 19:52:25.938516');
INSERT INTO public.trials VALUES (9, 8, 1, 'FAIL', '2026-11-25 19:52:26.388931', '2026-11-25 19:52:27.019042');
INSERT INTO public.trials VALUES (10, 9, 1, 'COMPLETE', '2026-11-25 19:52:27.793647', '2026-11-25 19:52:29.236109');
INSERT INTO public.trials VALUES (11, 10, 1, 'WAITING', NULL, NULL);
INSERT INTO public.trials VALUES (12, 11, 1, 'WAITING', NULL, NULL);
INSERT INTO public.version_info VALUES (1, 12, '5.0.0');
SELECT pg_catalog.setval('public.studies_study_id_seq', 2, true);
SELECT pg_catalog.setval('public.study_directions_study_direction_id_seq', 2, true);
SELECT pg_catalog.setval('public.study_system_attributes_study_system_attribute_id_seq', 1, false);
SELECT pg_catalog.setval('public.study_user_attributes_study_user_attribute_id_seq', 1, true);
SELECT pg_catalog.setval('public.trial_heartbeats_trial_heartbeat_id_seq', 1, false);
SELECT pg_catalog.setval('public.trial_intermediate_values_trial_intermediate_value_id_seq', 20, true);
SELECT pg_catalog.setval('public.trial_params_param_id_seq', 32, true);
SELECT pg_catalog.setval('public.trial_system_attributes_trial_system_attribute_id_seq', 19, true);
SELECT pg_catalog.setval('public.trial_user_attributes_trial_user_attribute_id_seq', 1, true);
SELECT pg_catalog.setval('public.trial_values_trial_value_id_seq', 9, true);
SELECT pg_catalog.setval('public.trials_trial_id_seq', 12, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.studies
    ADD CONSTRAINT studies_pkey PRIMARY KEY (study_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_pkey PRIMARY KEY (study_direction_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_study_id_objective_key UNIQUE (study_id, objective);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_pkey PRIMARY KEY (study_system_attribute_id);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_pkey PRIMARY KEY (study_user_attribute_id);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_key_key UNIQUE (study_id, key);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_pkey PRIMARY KEY (trial_heartbeat_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_key UNIQUE (trial_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_pkey PRIMARY KEY (trial_intermediate_value_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_step_key UNIQUE (trial_id, step);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_pkey PRIMARY KEY (param_id);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_trial_id_param_name_key UNIQUE (trial_id, param_name);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_pkey PRIMARY KEY (trial_system_attribute_id);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_pkey PRIMARY KEY (trial_user_attribute_id);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_key_key UNIQUE (trial_id, key);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_pkey PRIMARY KEY (trial_value_id);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_trial_id_objective_key UNIQUE (trial_id, objective);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_pkey PRIMARY KEY (trial_id);
ALTER TABLE ONLY public.version_info
    ADD CONSTRAINT version_info_pkey PRIMARY KEY (version_info_id);
CREATE UNIQUE INDEX ix_studies_study_name ON public.studies USING btree (study_name);
CREATE INDEX ix_trials_study_id ON public.trials USING btree (study_id);
ALTER TABLE ONLY public.study_directions
    ADD CONSTRAINT study_directions_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.study_system_attributes
    ADD CONSTRAINT study_system_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.study_user_attributes
    ADD CONSTRAINT study_user_attributes_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
ALTER TABLE ONLY public.trial_heartbeats
    ADD CONSTRAINT trial_heartbeats_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_intermediate_values
    ADD CONSTRAINT trial_intermediate_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_params
    ADD CONSTRAINT trial_params_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_system_attributes
    ADD CONSTRAINT trial_system_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_user_attributes
    ADD CONSTRAINT trial_user_attributes_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trial_values
    ADD CONSTRAINT trial_values_trial_id_fkey FOREIGN KEY (trial_id) REFERENCES public.trials(trial_id);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(study_id);
