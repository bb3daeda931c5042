"""The two nbconvert exporters, `crm_html` and `crm_pdf`: thin shells that word a notebook and call its renderer."""

from __future__ import annotations

from typing import Any

import jinja2
from nbconvert.exporters import Exporter, TemplateExporter
from traitlets import default

from crm_helpers.report import render_html
from crm_helpers.report.pages import Report
from crm_helpers.report.render_pdf import to_pdf


def _worded(notebook: Any, resources: Any) -> Report:
    from crm_helpers.report.wording import report_of_notebook

    report: Report = report_of_notebook(notebook, resources)
    return report


class CrmHtmlExporter(TemplateExporter):
    """A notebook as a self-contained HTML report. The template reads the worded report, not the cells."""

    export_from_notebook = "CRM report (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _default_file_extension(self) -> str:
        return ".html"

    @default("template_name")
    def _default_template_name(self) -> str:
        return render_html.NAME

    @default("extra_template_basedirs")
    def _default_extra_template_basedirs(self) -> list[str]:
        return [str(render_html.TEMPLATES)]

    def _create_environment(self) -> jinja2.Environment:
        return render_html.prepare(super()._create_environment())  # type: ignore[no-untyped-call]

    def from_notebook_node(self, nb: Any, resources: Any = None, **more: Any) -> tuple[Any, Any]:
        """The HTML of an executed notebook, and the resources with the worded report under `crm`."""
        resources = dict(resources or {})
        report = _worded(nb, resources)
        resources[render_html.NAME] = render_html.context(report)
        page, resources = super().from_notebook_node(nb, resources, **more)
        return page, resources


class CrmPdfExporter(Exporter):
    """A notebook as a PDF report, set by Typst."""

    export_from_notebook = "CRM report (PDF)"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _default_file_extension(self) -> str:
        return ".pdf"

    def from_notebook_node(self, nb: Any, resources: Any = None, **more: Any) -> tuple[Any, Any]:
        """The PDF of an executed notebook, and the resources."""
        notebook, resources = super().from_notebook_node(nb, resources, **more)
        resources["output_extension"] = ".pdf"
        return to_pdf(_worded(notebook, resources)), resources
