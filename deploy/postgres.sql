-- 在一台 PostgreSQL 14 或更新的服务器上建好两个数据库：台账的 xiaohao，Prefect 自己的 prefect。
-- 由管理员用 psql 运行（可以重复运行，已有的不动），密码从环境变量取，不写在文件里：
--   XIAOHAO_DB_PASSWORD=… PREFECT_DB_PASSWORD=… psql -v ON_ERROR_STOP=1 -f postgres.sql
-- 密码只用字母和数字：它们还要写进数据库地址。数据表由 xiaohao 和 Prefect 第一次启动时自己建。
\set ON_ERROR_STOP on
\getenv xiaohao_password XIAOHAO_DB_PASSWORD
\getenv prefect_password PREFECT_DB_PASSWORD
\if :{?xiaohao_password}
\else
\warn '没有设 XIAOHAO_DB_PASSWORD，什么也没有建。'
SELECT 1 / 0;
\endif
\if :{?prefect_password}
\else
\warn '没有设 PREFECT_DB_PASSWORD，什么也没有建。'
SELECT 1 / 0;
\endif

-- \gexec 运行查询给出的语句：没有的才建。
SELECT format('CREATE ROLE xiaohao LOGIN PASSWORD %L', :'xiaohao_password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'xiaohao')
\gexec
SELECT format('CREATE ROLE prefect LOGIN PASSWORD %L', :'prefect_password')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'prefect')
\gexec
SELECT 'CREATE DATABASE xiaohao OWNER xiaohao TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'xiaohao')
\gexec
SELECT 'CREATE DATABASE prefect OWNER prefect TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'prefect')
\gexec

-- 两个数据库互不相见，别的用户也进不来。
REVOKE ALL ON DATABASE xiaohao FROM PUBLIC;
REVOKE ALL ON DATABASE prefect FROM PUBLIC;

\connect prefect
CREATE EXTENSION IF NOT EXISTS pg_trgm;
