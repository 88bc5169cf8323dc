"""The process engine: BPMN, FEEL and DMN executed durably; knows no ITIL and no HTTP."""
