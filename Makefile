# 销号. `make help` lists what there is.

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
BUILD := build
RUN := $(BUILD)/run
PYTHON ?= python3
FUZZ_SECONDS ?= 300

.DEFAULT_GOAL := help
.PHONY: help setup run test soak lint types houses bench fuzz bundle docs clean

help: ## 列出可用的目标
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(READY) ## 按 requirements.lock 建好 .venv（联网一次）

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo '需要 Python 3.11 或更新的版本（可用 make PYTHON=python3.12 setup 指定）。' >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
		|| { rm -rf $(VENV); echo '$(PYTHON) -m venv 不能建立环境：请先安装 venv 和 pip（Debian、Ubuntu 上是软件包 python3-venv）。' >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 \
		|| { rm -rf $(VENV); echo '$(PYTHON) -m venv 没有装上 pip：请先安装 ensurepip（Debian、Ubuntu 上是软件包 python3-venv）。' >&2; exit 1; }
	@echo '正在按 requirements.lock 安装（第一次要几分钟）……' >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## 导入示例台账，运行 2023-10-16 的夜间运行，看结果（每次从空的 build/run 开始）
	@rm -rf $(RUN) && mkdir -p $(RUN)
	@VENV=$(abspath $(VENV)) sh examples/run.sh $(abspath $(RUN))

test: setup ## 运行测试（不含长时间的）
	@$(PY) -m pytest -n 2 --dist loadgroup -q

soak: setup ## 运行长时间的测试
	@$(PY) -m pytest -q -m long

lint: setup ## 检查写法和格式
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: setup ## 检查类型
	@$(VENV)/bin/mypy

houses: setup ## 检查房间之间的引用（HOUSE 的规则）
	@$(VENV)/bin/lint-imports

bench: setup ## 运行性能对比（几分钟到几十分钟）
	@$(PY) -m benchmarks

fuzz: setup ## 用 atheris 试探读表程序（5 分钟，可用 FUZZ_SECONDS 改；第一次联网安装 atheris）
	@test -d $(BUILD)/atheris || $(PY) -m pip install --quiet --disable-pip-version-check --no-deps \
		--target $(BUILD)/atheris atheris==3.0.0
	@mkdir -p $(BUILD)/fuzz
	@PYTHONPATH=$(BUILD)/atheris:. $(PY) fuzz/reader.py -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
		-rss_limit_mb=1024 -artifact_prefix=$(BUILD)/fuzz/

bundle: setup ## 在 build/bundle 里做离线安装包（联网下载安装包，按 requirements.lock 核对）
	@$(PY) deploy/make_bundle.py $(BUILD)/bundle

docs: setup ## 重新印出 docs/ 里由程序印的几页
	@$(PY) docs/print_pages.py
	@$(PY) docs/draw_messages.py --text

clean: ## 删除生成的内容（不删 .venv）
	@rm -rf $(BUILD) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -exec rm -rf {} +
