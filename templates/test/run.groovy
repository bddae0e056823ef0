/*
 * Runs the tests of this library: groovy -cp test/harness test/run.groovy [step ...]
 * They call the generated steps as a Jenkinsfile would; no shell is run.
 */
File here = new File(getClass().protectionDomain.codeSource.location.toURI()).parentFile
List<File> files = here.listFiles().findAll { it.name.endsWith('.groovy') && it.name != 'run.groovy' }.sort { it.name }
if (args) {
    files = files.findAll { args.contains(it.name - '.groovy') }
}
int passed = 0
List<String> failures = []
for (File file in files) {
    StepTests tests = new StepTests(here.parentFile, file.name - '.groovy')
    GroovyShell shell = new GroovyShell(getClass().classLoader, new Binding([tests: tests]))
    shell.evaluate(file)
    passed += tests.passed
    failures.addAll(tests.failures)
    tests.close()
}
failures.each { println it }
println "${passed} passed, ${failures.size()} failed"
if (failures || passed == 0) {
    System.exit(1)
}
