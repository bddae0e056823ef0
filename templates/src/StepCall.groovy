/**
 * One call of a generated step: accepts its parameters or refuses them, runs its shell resource phase by phase, and
 * releases what that took, however the call ends. Keeps to what the sandbox of an untrusted library allows.
 */
class StepCall implements Serializable {
    private static final long serialVersionUID = 1L

    // With a first line of its own, Jenkins does not run it with -x, which would print every command into the log.
    static final String PHASE = '#!/bin/sh\ncommand -v bash >/dev/null || { echo "bash is needed here" >&2; exit 127; }\nexec bash "$CALL_FOLDER/step.sh"\n'
    static final String RELEASE = '#!/bin/sh\nstatus=0\ntrap "" TERM INT HUP\nif [ -f "$CALL_FOLDER/step.sh" ]; then bash "$CALL_FOLDER/step.sh" || status=$?; fi\nrm -rf -- "$CALL_FOLDER"\nexit $status\n'

    def script
    Map definition

    StepCall(script, Map definition) {
        this.script = script
        this.definition = definition
    }

    /** Returns what the resource reported; an aborted or failed call ends with what aborted or failed it. */
    Map run(Map given, Closure body) {
        Map accepted = Parameters.accept(definition, given, body != null)
        if (accepted.problem) {
            script.error("${definition.name}: ${accepted.problem}".toString())
        }
        for (String note in accepted.notes) {
            script.echo("${definition.name}: ${note}".toString())
        }
        if (!script.isUnix()) {
            script.error("${definition.name}: it needs an agent with bash, which Windows agents do not have".toString())
        }
        String id = UUID.randomUUID().toString().replace('-', '').substring(0, 12)
        String folder = "${script.pwd(tmp: true)}/${definition.name}-${id}".toString()
        List variables = Exchange.variables(definition, accepted.values) +
            ["CALL_ID=${id}".toString(), "CALL_FOLDER=${folder}".toString(), "CALL_RESULT=${folder}/result".toString()]
        Map outcome = [:]
        try {
            unpack(folder)
            outcome = perform(accepted.values, variables, folder, body)
        } finally {
            finish(accepted.values, variables)
        }
        return outcome
    }

    private void unpack(String folder) {
        copy(definition.resource, "${folder}/step.sh".toString())
        for (Map file in definition.files) {
            copy(file.resource, "${folder}/${file.path}".toString())
        }
    }

    private void copy(String resource, String path) {
        String text = script.libraryResource(resource: resource, encoding: 'UTF-8')
        script.writeFile(file: path, text: text, encoding: 'UTF-8')
    }

    private Map perform(Map values, List variables, String folder, Closure body) {
        if (values.dryRun) {
            phase('plan', variables, [])
            return [:]
        }
        List bindings = bind(values)
        if (body == null) {
            phase('run', variables, bindings)
        } else {
            phase('begin', variables, bindings)
            Map begun = results(folder)
            script.withEnv(begun.environment) {
                body.call(begun.values)
            }
            phase('finish', variables, bindings)
        }
        Map ended = results(folder)
        if (ended.report) {
            script.echo("${definition.name}: ${ended.report}".toString())
        }
        return ended.values
    }

    private void phase(String name, List variables, List bindings) {
        script.withEnv(variables + ["CALL_PHASE=${name}".toString()]) {
            if (bindings) {
                script.withCredentials(bindings) {
                    script.sh(script: PHASE, label: "${definition.name}: ${name}".toString())
                }
            } else {
                script.sh(script: PHASE, label: "${definition.name}: ${name}".toString())
            }
        }
    }

    private List bind(Map values) {
        List bound = []
        for (Map credential in Exchange.credentials(definition, values)) {
            bound << binding(credential.kind, credential.variable, credential.id)
        }
        return bound
    }

    private Object binding(String kind, String variable, String id) {
        if (kind == 'usernamePassword') {
            return script.usernamePassword(credentialsId: id, usernameVariable: "${variable}_USER".toString(), passwordVariable: "${variable}_PASSWORD".toString())
        }
        if (kind == 'sshKey') {
            return script.sshUserPrivateKey(credentialsId: id, usernameVariable: "${variable}_USER".toString(), keyFileVariable: "${variable}_KEY".toString())
        }
        if (kind == 'secretFile') {
            return script.file(credentialsId: id, variable: "${variable}_FILE".toString())
        }
        return script.string(credentialsId: id, variable: "${variable}_SECRET".toString())
    }

    private Map results(String folder) {
        String path = "${folder}/result".toString()
        String text = script.fileExists(path) ? script.readFile(file: path, encoding: 'UTF-8') : ''
        return Exchange.results(definition, text)
    }

    // Releases what was taken, then keeps the files: some are made by the release itself, such as the picture of a
    // display whose body failed. An abort that arrives in here makes it release once more: then, too, nothing may be
    // left behind.
    private void finish(Map values, List variables) {
        boolean released = false
        try {
            release(variables)
            released = true
        } finally {
            if (!released) {
                release(variables)
            }
        }
        if (!values.dryRun) {
            archive(values)
        }
    }

    private void archive(Map values) {
        for (Map archive in definition.archives) {
            def value = values[archive.parameter]
            String pattern = value instanceof List ? value.join(',') : value
            if (pattern && archive.as == 'junit') {
                script.junit(testResults: pattern, allowEmptyResults: true)
            } else if (pattern) {
                script.archiveArtifacts(artifacts: pattern, allowEmptyArchive: true)
            }
        }
    }

    private void release(List variables) {
        script.withEnv(variables + ['CALL_PHASE=end']) {
            int status = script.sh(script: RELEASE, returnStatus: true, label: "${definition.name}: end".toString())
            if (status != 0) {
                script.echo("${definition.name}: its cleanup ended with exit code ${status}; something may be left behind".toString())
            }
        }
    }
}
