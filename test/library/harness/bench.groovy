import groovy.json.JsonOutput
import groovy.json.JsonSlurper

/*
 * Runs cases of steps in one virtual machine: bench.groovy JOB.json writes one JSON line a result to stdout.
 * Every case is run once to its end, then aborted before each of its calls, and in the middle and at the end of each shell.
 */
Map job = (Map) new JsonSlurper().parse(new File(args[0]))
File library = new File((String) job.library)

def answer = { Map result -> println 'RESULT ' + JsonOutput.toJson((Object) result) }

for (Map item in (List<Map>) job.cases) {
    Stage stage = new Stage(library, item)
    Map whole = stage.play { int number, String name -> null }
    answer([title: item.title, moment: 'end'] + whole)
    if (item.aborts) {
        List<String> names = whole.names
        names.eachWithIndex { String called, int index ->
            // After any other call is the same as before the next.
            List<String> moments = called == 'sh' ? ['before', 'during', 'after'] : ['before']
            for (String moment in moments) {
                Map aborted = stage.play { int number, String name -> number == index + 1 ? moment : null }
                answer([title: item.title, moment: "${moment} call ${index + 1}, ${called}".toString()] + aborted)
            }
        }
    }
    stage.close()
}

/** One case with its tools, its folder and its build. */
class Stage {
    private final Map item
    private final File folder = File.createTempDir()
    private final File state = new File(folder, 'state')
    private final Pipeline pipeline

    Stage(File library, Map item) {
        this.item = item
        File tools = new File(folder, 'tools')
        tools.mkdirs()
        item.tools.each { name, text ->
            File tool = new File(tools, (String) name)
            tool.text = '#!/usr/bin/env bash\nset -u\nprintf \'%q \' "${0##*/}" "$@" >>"$FAKE_STATE/calls"; echo >>"$FAKE_STATE/calls"\n' + text
            tool.executable = true
        }
        Map variables = [
            PATH: tools.path + ':' + System.getenv('PATH'),
            HOME: folder.path,
            FAKE_STATE: state.path,
            JOB_NAME: 'team/app',
            BUILD_NUMBER: '7',
        ]
        pipeline = new Pipeline(library, new File(folder, 'workspace'), variables)
        pipeline.credentials = (Map) (item.credentials ?: [:])
        pipeline.workspace.abortAfterMs = 250
    }

    Map play(Closure interruption) {
        prepare()
        pipeline.interruption = interruption
        Closure body = item.body == null ? null : { given -> pipeline.step('sh', [item.body] as Object[]) }
        List arguments = body ? [item.parameters, body] : [item.parameters]
        String ended = 'well'
        Object value = null
        try {
            value = pipeline.step((String) item.step, arguments as Object[])
        } catch (Throwable problem) {
            ended = problem.class.name + ': ' + problem.message
        }
        Map left = [
            held: names(new File(state, 'held')),
            temporary: names(pipeline.workspace.temporary),
            processes: pipeline.workspace.endLeftovers(pipeline.workspace.cookies.toList()),
        ]
        return [
            ended: ended, value: value, left: left, calls: pipeline.calls.toList(), kept: pipeline.kept.toList(),
            names: pipeline.calls.collect { it.trim().replaceFirst(/[(].*/, '') },
            log: pipeline.log.toList(), tools: lines(new File(state, 'calls')),
        ]
    }

    void close() {
        folder.deleteDir()
    }

    private void prepare() {
        pipeline.reset()
        state.deleteDir()
        pipeline.workspace.temporary.deleteDir()
        pipeline.workspace.folder.deleteDir()
        pipeline.workspace.folder.mkdirs()
        new File(state, 'held').mkdirs()
        item.files?.each { path, text ->
            File file = new File(pipeline.workspace.folder, (String) path)
            file.parentFile.mkdirs()
            file.setText((String) text, 'UTF-8')
        }
    }

    private List<String> names(File where) {
        return (where.list() ?: [] as String[]).toList().sort()
    }

    private List<String> lines(File file) {
        return file.exists() ? file.readLines() : []
    }
}
