import java.lang.annotation.Retention
import java.lang.annotation.RetentionPolicy

/** Stands for the annotation that loads a library into a Jenkinsfile. */
@Retention(RetentionPolicy.RUNTIME)
@interface Library {
    String[] value()
}
